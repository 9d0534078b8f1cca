//! Where one is, for help: as one said, else by the language of this terminal. Never by an address of the network.

use safety::help::{self, Region};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// In a home: the code of the region that was chosen.
const FILE: &str = "region";
/// Which say the language, the first of them first.
const LOCALES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];
/// Where nobody knows the country: the number that most mobile networks put through, and the one that people there know.
const ANYWHERE: &str = "112 or your emergency number";

/// Where one is; none: nobody knows. `home`: the folder of the account, if there is one.
pub fn region(home: Option<&Path>) -> Option<Region> {
    home.and_then(chosen).or_else(|| spoken(|name| std::env::var(name).ok()))
}

fn chosen(home: &Path) -> Option<Region> {
    Region::named(fs::read_to_string(home.join(FILE)).ok()?.trim())
}

/// Keeps what was chosen, in this home alone; none: nothing is chosen.
///
/// # Errors
/// The home cannot be written.
pub fn choose(home: &Path, region: Option<Region>) -> std::io::Result<()> {
    match region {
        Some(region) => fs::write(home.join(FILE), region.code()),
        None => match fs::remove_file(home.join(FILE)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

fn spoken(variable: impl Fn(&str) -> Option<String>) -> Option<Region> {
    let locale = LOCALES.into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()))?;
    Region::of_language(&locale.split(['.', '@']).next()?.replace('_', "-"))
}

/// What to call in danger: the first number of the region that somebody has read in a page.
pub fn danger_number(region: Option<Region>) -> String {
    let found = region.map(|region| help::shown_in(Some(region))).unwrap_or_default();
    help::danger_number(&found).map_or_else(|| ANYWHERE.to_owned(), str::to_owned)
}

/// The first line of everything that is done because something happened.
pub fn in_danger(region: Option<Region>) -> String {
    format!("In danger now? Call {}.", danger_number(region))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(variables: &[(&str, &str)]) -> String {
        danger_number(spoken(|name| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())))
    }

    #[test]
    fn in_danger_the_number_is_that_of_the_country_and_999_is_said_in_britain_alone() {
        for (locale, wanted) in [
            ("en_GB.UTF-8", "999"),
            ("cy_GB", "999"),
            ("de_DE.UTF-8", "112"),
            ("fr_FR@euro", "112"),
            ("en_IE.UTF-8", "112"),
            ("en_US.UTF-8", "911"),
            ("fr_CA.UTF-8", "911"),
            ("en_AU.UTF-8", "000"),
            ("en_NZ.UTF-8", "111"),
            ("en_IN.UTF-8", ANYWHERE),
            ("en", ANYWHERE),
            ("C.UTF-8", ANYWHERE),
            ("POSIX", ANYWHERE),
        ] {
            assert_eq!(number(&[("LANG", locale)]), wanted, "{locale}");
        }
        assert_eq!(number(&[]), ANYWHERE);
        assert_eq!(number(&[("LANG", "en_GB.UTF-8"), ("LC_MESSAGES", "de_AT.UTF-8")]), "112");
        assert_eq!(number(&[("LC_ALL", ""), ("LANG", "en_GB.UTF-8")]), "999", "an empty one says nothing");
    }

    #[test]
    fn what_was_chosen_goes_before_the_language_until_it_is_taken_back() {
        let home = tempfile::tempdir().unwrap();
        choose(home.path(), None).unwrap();
        assert_eq!(chosen(home.path()), None);
        choose(home.path(), Some(Region::Nz)).unwrap();
        assert_eq!((chosen(home.path()), region(Some(home.path()))), (Some(Region::Nz), Some(Region::Nz)));
        choose(home.path(), None).unwrap();
        assert_eq!(chosen(home.path()), None);
    }
}
