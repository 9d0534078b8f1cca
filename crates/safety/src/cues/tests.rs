use super::*;
use crate::readability::{GRADE, LONGEST, read};
use std::format;
use std::string::String;
use std::vec::Vec;

fn cues() -> Cues {
    Cues::read(DATA).unwrap_or_else(|line| panic!("data/cues.txt:{}", line.0))
}

/// `O:` and `C:` lines, as in a measured file.
fn lines(text: &str) -> Vec<Line<'_>> {
    let said = |line: &'_ str| line.split_once(": ").map(|(who, _)| who == "O");
    text.lines()
        .filter_map(|line| said(line).map(|other| Line { who: if other { Speaker::Other } else { Speaker::Own }, text: &line[3..] }))
        .collect()
}

fn asked(knows: Knows, text: &str) -> Vec<String> {
    cues().look(knows, &lines(text)).asked().map(|finding| finding.family.into()).collect()
}

fn unasked(knows: Knows, text: &str) -> Vec<String> {
    cues().look(knows, &lines(text)).unasked().map(|finding| finding.family.into()).collect()
}

#[test]
fn every_cue_of_this_release_is_read_and_says_why_and_what_can_be_done() {
    let cues = cues();
    assert_eq!(cues.version(), 1);
    let (count, wordings) = cues.count();
    assert!(count > 40 && wordings > 400, "{count} {wordings}");
    for cue in &cues.book.cues {
        let family = &cues.book.families[cue.family];
        let sets_the_scene = cue.own || cue.new < 0;
        assert!(sets_the_scene || (!family.why.is_empty() && !family.what.is_empty()), "{}", cue.name);
        assert!(!cue.any.is_empty(), "{} looks for nothing", cue.name);
        for word in ["predator", "groom", "abuser", "score"] {
            assert!(!family.why.contains(word) && !family.what.contains(word), "{}", family.name);
        }
    }
}

#[test]
fn why_something_stands_out_and_what_can_be_done_is_easy_to_read() {
    let cues = cues();
    let mut all = String::new();
    for family in &cues.book.families {
        let card = format!("{}\n{}\n", family.why, family.what);
        let reading = read(&card);
        assert!(reading.longest <= LONGEST, "{}: a sentence of {} words", family.name, reading.longest);
        // A card is short: its grade is measured with the others'.
        all.push_str(&card);
    }
    let reading = read(&all);
    assert!(reading.words > 300 && reading.grade() <= GRADE, "{} words, grade {:.1}", reading.words, reading.grade());
}

#[test]
fn a_wrong_line_in_the_data_is_named() {
    for (line, text) in
        [(1, "cue x nowhere soft 1 1"), (2, "family a\n+ b"), (2, "version 1\nwhatever"), (3, "family a\ncue x a soft 1 1\n+ @unknown")]
    {
        assert_eq!(Cues::read(text).unwrap_err(), Unreadable(line), "{text}");
    }
    let open = "family a\ncue x a soft 1 1\n+ (b|c";
    assert_eq!(Cues::read(open).unwrap_err(), Unreadable(3));
}

#[test]
fn a_cue_quotes_what_was_said_and_nothing_else() {
    let cues = cues();
    let said = lines("O: hello\nO: ok but, don’t tell your mum about us 😀 bye");
    let found = cues.look(Knows::Online, &said);
    let finding = found.unasked().next().expect("secrecy from an adult");
    let quote = &said[finding.line].text[finding.quote.clone()];
    assert!(quote.starts_with("don’t tell your mum") && !quote.contains("hello") && !quote.contains("bye"), "{quote}");
    assert!(!finding.why.is_empty() && !finding.what.is_empty());
}

#[test]
fn spelling_spacing_digits_stars_repetition_and_emoji_hide_nothing() {
    for said in [
        "dont tell your mum",
        "DON'T TELL YOUR MUM",
        "dont t3ll ur mum",
        "donttt telllll your mummm",
        "d o n t tell your mum",
        "dont t*ll your mum",
        "dönt téll your mum",
        "dont telling ur parents",
    ] {
        assert_eq!(unasked(Knows::Online, &format!("O: {said}")), ["secrecy"], "{said}");
    }
    assert_eq!(unasked(Knows::Online, "O: our secret 🤫").first().map(String::as_str), Some("secrecy"));
    assert_eq!(unasked(Knows::InLife, "O: pay 200 or i post your photos"), unasked(Knows::InLife, "O: p4y 200 or i p0st ur ph0tos"));
}

#[test]
fn hard_cues_apply_between_people_who_know_each_other_too_and_firm_ones_do_not() {
    let threat = "O: i will post your photos if you dont pay";
    assert!(unasked(Knows::Online, threat).contains(&"threat".into()) && unasked(Knows::InLife, threat).contains(&"threat".into()));
    let secret = "O: dont tell your mum";
    assert_eq!((unasked(Knows::Online, secret).len(), unasked(Knows::InLife, secret).len()), (1, 0));
}

#[test]
fn a_meeting_that_adults_are_not_to_know_of_is_told_whoever_asks_for_it() {
    let (secret, alone) = ("O: dont tell your mum about this", "O: come alone, ill drive to you");
    for knows in [Knows::InLife, Knows::Online] {
        let both = unasked(knows, &format!("{secret}\nC: ok\n{alone}"));
        assert!(both.contains(&"secrecy".into()) && both.contains(&"meet".into()), "{knows:?}: {both:?}");
    }
    assert_eq!(unasked(Knows::InLife, secret), [""; 0]);
    assert_eq!(unasked(Knows::InLife, alone), [""; 0]);
    let surprise = "O: dont tell mum its a surprise party\nC: ok!\nO: come round mine at six, other side of the gate";
    assert_eq!(unasked(Knows::InLife, surprise), [""; 0]);
}

#[test]
fn secrecy_and_a_meeting_are_hard_where_both_are_however_much_is_said_between_and_each_alone_is_not() {
    let cues = cues();
    let hard = |knows: Knows, text: &str| -> Vec<(String, usize)> {
        let said = lines(text);
        let found = cues.look(knows, &said);
        let mut hard: Vec<(String, usize)> =
            found.unasked().filter(|finding| found.is_hard(finding)).map(|finding| (finding.family.into(), finding.line)).collect();
        hard.dedup();
        hard
    };
    let (secret, alone) = ("O: dont tell your mum about this\n", "O: come alone, ill drive to you\n");
    let between = CONVERSATION + 30;
    let far = format!("{secret}{}{alone}", "O: lol\n".repeat(between));
    for knows in [Knows::InLife, Knows::Online] {
        assert!(hard(knows, secret).is_empty() && hard(knows, alone).is_empty(), "{knows:?}");
        assert_eq!(hard(knows, &far), [("secrecy".into(), 0), ("meet".into(), between + 1)], "{knows:?}");
    }
    let surprise = "O: dont tell mum its a surprise party\n";
    let at_mine = "O: come round mine at six, other side of the gate\n";
    assert!(hard(Knows::InLife, &format!("{surprise}{}{at_mine}", "O: lol\n".repeat(between))).is_empty());
}

#[test]
fn what_was_said_long_before_is_another_conversation() {
    let threat = "O: give me 30 quid by tonight\n";
    assert!(unasked(Knows::InLife, threat).contains(&"threat".into()));
    let after = |lines: usize| unasked(Knows::InLife, &format!("O: shall we get pizza for dinner\n{}{threat}", "O: lol\n".repeat(lines)));
    assert_eq!(after(3), [""; 0], "a dinner is paid for");
    assert!(after(CONVERSATION).contains(&"threat".into()), "not one of so long ago");
}

#[test]
fn stages_over_a_conversation_raise_what_no_line_says_alone() {
    let (one, two) = ("O: how old are you", "O: do you have whatsapp");
    assert_eq!(asked(Knows::Online, one), [""; 0]);
    assert_eq!(asked(Knows::Online, two), [""; 0]);
    let both = format!("{one}\nC: 13\n{two}");
    assert_eq!(asked(Knows::Online, &both), ["age", "move"]);
    assert_eq!(unasked(Knows::Online, &both), [""; 0], "only when asked");
    assert_eq!(asked(Knows::InLife, &both), [""; 0]);
    let same_age = format!("{one}\nC: 13\nO: im 13 too\n{two}");
    assert_eq!(asked(Knows::Online, &same_age), [""; 0]);
}

#[test]
fn ordinary_talk_gets_no_note() {
    for (knows, text) in [
        (Knows::InLife, "O: keep it secret its a surprise party for mum\nC: ok!!"),
        (Knows::InLife, "O: send me a pic of your homework\nC: ok"),
        (Knows::InLife, "O: lets meet at the park after school\nC: ok"),
        (Knows::InLife, "O: im gonna kill you lol\nC: haha"),
        (Knows::Online, "O: could you send a photo of the damage\nC: yes"),
        (Knows::Online, "O: which year are you in? we need it for the register, please ask your parents\nC: 8"),
        (Knows::Online, "O: join our clan, we use discord for voice\nC: ok"),
    ] {
        assert_eq!(asked(knows, text), [""; 0], "{text}");
    }
}

#[test]
fn what_the_owner_says_alone_gets_no_note() {
    assert_eq!(asked(Knows::Online, "C: send me a nude\nC: dont tell your mum\nC: pay or i post it"), [""; 0]);
}

#[test]
fn a_message_written_to_be_slow_is_not() {
    let cues = cues();
    for text in ["send ".repeat(20_000), "a ".repeat(20_000), "😀".repeat(20_000), "x".repeat(100_000), "dont tell ".repeat(5_000)] {
        let begun = std::time::Instant::now();
        cues.look(Knows::Online, &[Line { who: Speaker::Other, text: &text }]);
        assert!(begun.elapsed().as_secs() < 5, "{} took {:?}", &text[..4], begun.elapsed());
    }
}

#[test]
fn cues_are_measured_over_sorted_conversations() {
    let text =
        "# remark\n+|new|secrecy\nO: dont tell your mum\n\n+|new|secrecy\nO: hello\n-|known|friend\nO: hello\n-|new|shop\nO: our secret\n";
    let all = cases(text).unwrap();
    assert_eq!((all.len(), all[0].knows, all[2].knows, all[3].category), (4, Knows::Online, Knows::InLife, "shop"));
    let measured = measure(&cues(), &all);
    let Counts { found, missed, false_alarms, left_alone } = measured.overall;
    assert_eq!((found, missed, false_alarms, left_alone), (1, 1, 1, 1));
    assert_eq!((measured.overall.precision(), measured.overall.recall()), (Some(0.5), Some(0.5)));
    assert_eq!(measured.by_category["friend"].precision(), None);
    assert_eq!(measured.by_category["shop"].false_positive_rate(), Some(1.0));
    for (line, wrong) in [(1, "O: nobody began"), (2, "+|new|a\nhello"), (1, "+|maybe|a"), (1, "?|new|a")] {
        assert_eq!(cases(wrong).unwrap_err(), line, "{wrong}");
    }
}
