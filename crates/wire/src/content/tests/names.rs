//! File names made safe.

use super::*;
use crate::content::limits::FILE_NAME_MAX;
use proptest::prelude::*;

#[test]
fn nothing_in_a_file_name_leads_elsewhere_or_deceives() {
    let cases = [
        ("holiday.jpg", "holiday.jpg"),
        ("Прогулка 2026.pdf", "Прогулка 2026.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Windows\\system.ini", "C__Windows_system.ini"),
        ("a/b", "a_b"),
        ("a\u{2215}b\u{ff0f}c", "a_b_c"),
        (".bashrc", "bashrc"),
        ("...", "file"),
        ("", "file"),
        (" \t\n", "file"),
        ("name. . ", "name"),
        ("photo\u{202e}gpj.exe", "photogpj.exe"),
        ("a\u{0}b\u{7}c", "abc"),
        ("photo.jpg                      .exe", "photo.jpg .exe"),
        ("\u{feff}x\u{200b}y", "xy"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1 .log", "_com1 .log"),
        ("LPT².x", "_LPT².x"),
        ("console.log", "console.log"),
        ("COM10.txt", "COM10.txt"),
        ("a*?\"<>|b", "a______b"),
    ];
    for (raw, safe) in cases {
        assert_eq!(FileName::new(raw).as_str(), safe, "{raw:?}");
    }
}

#[test]
fn a_long_name_keeps_its_extension() {
    let name = FileName::new(&format!("{}.tar.gz", "é".repeat(300)));
    assert!(name.as_str().len() <= FILE_NAME_MAX && name.as_str().ends_with(".gz"));
    assert_eq!(FileName::new(&"x".repeat(300)).as_str().len(), FILE_NAME_MAX);
}

#[test]
fn an_unsafe_name_that_came_is_made_safe_and_the_rest_is_read() {
    let mut message = Message::decode(&album(vec![photo()]).encode().unwrap()).unwrap();
    let Form::Multi { parts, .. } = &mut message.part.form else { panic!("one part") };
    let Form::External(external) = &mut parts[1].form else { panic!("no attachment") };
    external.filename = "../kite\u{202e}.jpg".to_owned();
    let content = Content::decode(&message.encode().unwrap()).unwrap();
    assert_eq!(content.body.attachments()[0].file_name.as_ref().unwrap().as_str(), "_kite.jpg");
}

proptest! {
    #[test]
    fn a_safe_name_is_safe_and_stays_as_it_is(raw in "\\PC{0,300}|[./\\\\ CONcon1\\x00-\\x1f\u{202e}\u{200b}a]{0,20}|.{0,300}") {
        let safe = FileName::new(&raw);
        let name = safe.as_str();
        prop_assert!(FileName::new(name) == safe);
        prop_assert!(!name.is_empty() && name.len() <= FILE_NAME_MAX);
        prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
        let dangerous = |c: char| c.is_control() || "/\\:*?\"<>|\u{202e}\u{200b}".contains(c);
        prop_assert!(!name.chars().any(dangerous));
    }
}
