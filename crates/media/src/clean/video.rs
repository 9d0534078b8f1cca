//! What is said of a video whose places to blank were found.

use super::patch::Plan;

/// A video that can be sent: through [`super::Patched`] with this plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Video {
    pub plan: Plan,
    pub media_type: &'static str,
    /// Pixels, as it is shown; none if the file does not say.
    pub size: Option<(u32, u32)>,
    pub duration_ms: Option<u64>,
}
