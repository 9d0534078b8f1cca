use super::*;
use crate::readability::{GRADE, LONGEST, read};
use std::format;
use std::string::{String, ToString as _};

const GOOD: &str = "[a]\ncategory talk\nregion GB IE\nname A\nabout Talk.\nphone 0800 1\nweb https://a.example\n\
    verified phone 2026-11-26 https://b.example/page\n";

fn wrong(data: &str) -> Option<(usize, Misfit)> {
    parse(data).err().map(|Wrong { line, what }| (line, what))
}

#[test]
fn the_data_of_this_release_is_read_and_every_region_has_a_verified_number_for_danger() {
    assert!(parse(DATA).unwrap().len() > 25);
    for region in Region::ALL {
        let shown = entries(DATA, region).unwrap();
        let danger = shown.iter().filter(|entry| entry.category == Category::Danger);
        assert!(danger.flat_map(|entry| &entry.fields).any(|field| field.way == Way::Phone), "{region:?}");
        let talk = shown.iter().filter(|entry| entry.category == Category::Talk);
        assert!(talk.count() > 0, "{region:?}: somebody to talk to");
    }
    let gb = entries(DATA, Region::Gb).unwrap();
    assert!(Category::ALL.into_iter().all(|category| gb.iter().any(|entry| entry.category == category)));
    let ceop = gb.iter().find(|entry| entry.id == "gb-ceop").unwrap();
    assert!(ceop.limits.as_deref().unwrap().contains("bullying, fake accounts or hacking"));
}

#[test]
fn a_browsers_language_sends_nobody_to_the_number_of_another_country() {
    let cases = [
        ("en-GB", Some(Region::Gb)),
        ("en-ie", Some(Region::Ie)),
        ("fr-CA", Some(Region::Ca)),
        ("es-US", Some(Region::Us)),
        ("de-DE", Some(Region::Eu)),
        ("fr-FR", Some(Region::Eu)),
        ("nb-NO", Some(Region::Eu)),
        ("de", Some(Region::Eu)),
        ("en-IN", None),
        ("de-CH", None),
        ("zh-Hant-TW", None),
        ("sr-Latn", None),
        ("en-EU", None),
        ("en", None),
        ("fr", None),
        ("", None),
    ];
    for (tag, wanted) in cases {
        assert_eq!(Region::of_language(tag), wanted, "{tag}");
    }
    let shown = anywhere(DATA).unwrap();
    let numbers: Vec<&str> =
        shown.iter().flat_map(|entry| &entry.fields).filter(|f| f.way == Way::Phone).map(|f| f.value.as_str()).collect();
    assert_eq!(numbers, ["112"]);
    assert_eq!(shown.len(), ANYWHERE.len(), "each was read by somebody");
}

#[test]
fn what_nobody_has_verified_is_not_shown() {
    let shown = entries(GOOD, Region::Gb).unwrap();
    let [entry] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!(entry.fields.iter().map(|field| field.way).collect::<Vec<_>>(), [Way::Phone]);
    assert_eq!(entry.fields[0].source, "https://b.example/page");
    let unseen = GOOD.replace("verified phone", "# verified phone");
    assert_eq!(entries(&unseen, Region::Gb).unwrap(), []);
    assert_eq!(entries(GOOD, Region::Us).unwrap(), []);
    // In this release: numbers that stand in the data from memory alone.
    for (region, id) in [(Region::Gb, "gb-posh"), (Region::Nz, "nz-whatsup"), (Region::Us, "ww-findahelpline")] {
        assert!(parse(DATA).unwrap().iter().any(|raw| raw.id == id && raw.unverified().count() > 0), "{id} is in the data");
        assert!(entries(DATA, region).unwrap().iter().all(|entry| entry.id != id), "{id}");
    }
    let papyrus = entries(DATA, Region::Gb).unwrap().into_iter().find(|entry| entry.id == "gb-papyrus").unwrap();
    assert!(papyrus.fields.iter().all(|field| field.way != Way::Text), "its number for texts has changed and nobody has read the new one");
}

#[test]
fn what_is_told_leads_to_who_helps_with_it_and_bullying_never_to_the_police_unit_for_abuse() {
    let ids = |matter, region| {
        let found = entries(DATA, region).unwrap();
        beside(matter, &found).into_iter().map(|entry| entry.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(Matter::Mean, Region::Gb), ["gb-childline"]);
    assert_eq!(ids(Matter::Pictures, Region::Gb), ["gb-childline", "gb-report-remove", "gb-ceop"]);
    assert_eq!(ids(Matter::Pretending, Region::Gb), ["gb-childline", "gb-ceop"]);
    for region in Region::ALL {
        assert!(Matter::ALL.into_iter().all(|matter| !ids(matter, region).is_empty()), "{region:?}");
        let found = entries(DATA, region).unwrap();
        for matter in [Matter::Mean, Matter::Friend, Matter::SomethingElse] {
            assert!(beside(matter, &found).iter().all(|entry| entry.category == Category::Talk), "{region:?} {matter:?}");
        }
    }
}

/// Below this a grade says little: two long names make it.
const CARD_WORDS: usize = 50;

#[test]
fn what_stands_under_help_is_easy_to_read_in_every_region() {
    let mut cards = 0;
    for region in Region::ALL {
        let shown = entries(DATA, region).unwrap();
        for category in Category::ALL {
            // A card of the page: what is said of each of its entries, names as well.
            let lines = shown.iter().filter(|entry| entry.category == category).flat_map(|entry| {
                [Some(&entry.name), Some(&entry.about), entry.limits.as_ref(), entry.ages.as_ref()].into_iter().flatten().cloned()
            });
            let card = lines.collect::<Vec<String>>().join("\n");
            let reading = read(&card);
            assert!(reading.longest <= LONGEST, "{region:?} {category:?}: a sentence of {} words: {card}", reading.longest);
            let long = reading.words >= CARD_WORDS;
            assert!(!long || reading.grade() <= GRADE, "{region:?} {category:?}: grade {:.1}: {card}", reading.grade());
            cards += usize::from(long);
        }
    }
    assert!(cards > 3, "{cards} cards are long enough to be graded");
}

#[test]
fn in_danger_now_neither_the_police_unit_for_abuse_nor_the_number_for_what_can_wait_is_asked() {
    let gb = entries(DATA, Region::Gb).unwrap();
    for id in ["gb-ceop", "gb-101"] {
        let entry = gb.iter().find(|entry| entry.id == id).unwrap();
        assert_eq!(entry.category, Category::Report, "{id}");
        assert!(entry.limits.as_deref().unwrap().contains("In danger now, call 999."), "{id}");
    }
    // A limit that nobody has read is not shown either.
    let limited = GOOD.replace("phone 0800 1\n", "phone 0800 1\nlimits Not for this.\n");
    assert_eq!(entries(&limited, Region::Gb).unwrap()[0].limits, None);
}

#[test]
fn every_fault_in_the_data_is_found_in_its_line() {
    assert_eq!(wrong(GOOD), None);
    for (from, to, line, what) in [
        ("[a]\n", "", 1, Misfit::NoEntry),
        ("talk", "chat", 2, Misfit::Category),
        ("GB IE", "GB XX", 3, Misfit::Region),
        ("name A\n", "", 1, Misfit::Incomplete),
        ("Talk.", "Talk, 24/7.", 5, Misfit::Hours),
        ("0800 1", "0800 (free)", 6, Misfit::Phone),
        ("web https://", "web http://", 7, Misfit::Address),
        ("verified phone", "verified text", 8, Misfit::VerifiesNothing),
        ("2026-11-26", "26.11.2026", 8, Misfit::Date),
        ("https://b.example/page", "memory", 8, Misfit::Address),
        ("about Talk.", "hours always", 5, Misfit::UnknownField),
    ] {
        assert_eq!(wrong(&GOOD.replacen(from, to, 1)), Some((line, what)), "{from}");
    }
    assert_eq!(wrong(&format!("{GOOD}{GOOD}")), Some((9, Misfit::Twice)));
}

#[test]
fn a_tap_dials_what_is_shown() {
    let gb = entries(DATA, Region::Gb).unwrap();
    let link = |id: &str, way: Way| {
        let entry = gb.iter().find(|entry| entry.id == id).unwrap();
        entry.fields.iter().find(|field| field.way == way).unwrap().link()
    };
    assert_eq!(link("gb-childline", Way::Phone), "tel:08001111");
    assert_eq!(link("gb-shout", Way::Text), "sms:85258?body=SHOUT");
    assert_eq!(link("gb-report-remove", Way::Web).split('/').nth(2), Some("www.childline.org.uk"));
}

#[test]
fn an_operator_names_people_and_is_told_what_is_wrong() {
    let good = "# ours\n[lead]\nrole lead\nname Sam Example\nabout Room 12\nphone 01632 960123\n\n[head]\nrole head\nname The head\nweb https://school.example/head\n";
    let people = own(good).unwrap();
    assert_eq!(people.iter().map(|entry| entry.role).collect::<Vec<_>>(), [Role::Lead, Role::Head]);
    assert_eq!(people[0].links().next().unwrap().2, "tel:01632960123");
    assert_eq!(own("").unwrap(), []);
    for (from, to, line, what) in [
        ("role lead", "role boss", 3, Misfit::Role),
        ("name Sam Example\n", "", 2, Misfit::Incomplete),
        ("01632 960123", "ask at the desk", 6, Misfit::Phone),
        ("https://school", "javascript:school", 11, Misfit::Address),
        ("about Room 12", "hours 9 to 5", 5, Misfit::UnknownField),
        ("about Room 12", "about weekdays", 5, Misfit::Hours),
        ("[lead]\n", "", 2, Misfit::NoEntry),
    ] {
        let found = own(&good.replacen(from, to, 1)).unwrap_err();
        assert_eq!((found.line, found.what), (line, what), "{from}");
        assert!(found.to_string().starts_with(&format!("line {line}: ")));
    }
    assert_eq!(own(&good.repeat(7)).unwrap_err().what, Misfit::TooMany);
    assert_eq!(own(&"#".repeat(OWN_BYTES_MAX + 1)).unwrap_err().what, Misfit::TooLong);
}
