//! Which rules go by age: from what was answered, or was not, and the date. It is known on this device alone, and nothing that leaves it may
//! depend on it.

use core::fmt;

/// Nobody is older; whoever says so has not answered.
const MONTHS_MAX: i32 = 120 * 12;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: u16,
    month: u8,
}

/// The rules somebody is under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// No answer: the rules for everybody under 18.
    Unsaid,
    Under13,
    From13,
    From16,
    Adult,
}

impl Month {
    /// None: there is no such month. January is 1.
    pub fn new(year: u16, month: u8) -> Option<Self> {
        ((1..=12).contains(&month) && year > 0).then_some(Self { year, month })
    }

    /// The month of a time, in milliseconds since 1970, in UTC.
    pub fn of_unix_ms(ms: u64) -> Self {
        // Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days: years begin in March.
        let days = (ms / 86_400_000) as i64 + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year: u16::try_from(year).unwrap_or(u16::MAX), month: month as u8 }
    }

    /// As it is printed.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        Self::new(year.parse().ok()?, month.parse().ok()?)
    }

    pub fn year(self) -> u16 {
        self.year
    }

    pub fn month(self) -> u8 {
        self.month
    }

    fn count(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month)
    }
}

/// `2014-03`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Band {
    /// The day of birth is not asked for: a year counts once its month is over, so that nobody is older here than they are.
    pub fn of(born: Option<Month>, today: Month) -> Self {
        let Some(born) = born else { return Self::Unsaid };
        let months = today.count() - born.count() - 1;
        if months > MONTHS_MAX {
            return Self::Unsaid;
        }
        match months.div_euclid(12) {
            18.. => Self::Adult,
            16.. => Self::From16,
            13.. => Self::From13,
            _ => Self::Under13,
        }
    }

    pub fn is_under_18(self) -> bool {
        self != Self::Adult
    }

    /// Only by an answer: these rules hide words of others, and whoever has not answered is not known to need that.
    pub fn is_under_16(self) -> bool {
        matches!(self, Self::Under13 | Self::From13)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        Month::parse(text).unwrap()
    }

    #[test]
    fn a_band_begins_when_the_month_of_the_birthday_is_over() {
        let today = month("2026-11");
        for (born, band) in [
            ("2026-11", Band::Under13),
            ("2030-01", Band::Under13),
            ("2014-05", Band::Under13),
            ("2013-11", Band::Under13),
            ("2013-10", Band::From13),
            ("2010-11", Band::From13),
            ("2010-10", Band::From16),
            ("2008-11", Band::From16),
            ("2008-10", Band::Adult),
            ("1986-11", Band::Adult),
            ("1850-01", Band::Unsaid),
        ] {
            assert_eq!(Band::of(Some(month(born)), today), band, "{born}");
        }
        // It moves on by itself.
        assert_eq!(Band::of(Some(month("2008-11")), month("2026-12")), Band::Adult);
    }

    #[test]
    fn no_answer_means_the_rules_under_18() {
        let band = Band::of(None, month("2026-11"));
        assert!(band.is_under_18() && !band.is_under_16());
        assert!(!Band::of(Some(month("1986-01")), month("2026-11")).is_under_18());
        assert!(Band::of(Some(month("2014-01")), month("2026-11")).is_under_16());
    }

    #[test]
    fn a_month_is_read_as_it_is_printed_and_nothing_else_is_one() {
        assert_eq!(alloc::format!("{}", month("2014-03")), "2014-03");
        for wrong in ["", "2014", "2014-13", "2014-0", "0-1", "x-1", "2014-1-2", "-5-3"] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_month_of_a_time() {
        for (ms, text) in [
            (0, "1970-01"),
            (951_782_400_000, "2000-02"),
            (951_868_799_000, "2000-02"),
            (951_868_800_000, "2000-03"),
            (1_798_761_599_999, "2026-12"),
            (1_798_761_600_000, "2027-01"),
        ] {
            assert_eq!(alloc::format!("{}", Month::of_unix_ms(ms)), text);
        }
    }
}
