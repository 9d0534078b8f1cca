//! How bad the network is, and how unlucky the devices are.

/// How bad the network is.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    pub delay_min: u64,
    pub delay_max: u64,
    /// Frames in 1,000 that break their connection; what is behind them is lost.
    pub breaks: u64,
    /// Inputs in 1,000 at which a device loses power before the commit, after it, or between two effects.
    pub cuts: u64,
    /// Until a lost connection is made again, at most.
    pub reconnect_max: u64,
}

impl Weather {
    pub const FAIR: Self = Self { delay_min: 1, delay_max: 20, breaks: 0, cuts: 0, reconnect_max: 1000 };
}
