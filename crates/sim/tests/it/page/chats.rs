//! The list of chats, history, what is kept on this device alone.

use super::*;
use view::{Draft, Notices, Role, Settings, Switch};

#[test]
fn what_one_keeps_about_a_chat_nobody_else_sees() {
    let (mut world, [(alice, hers), (bob, his)]) = two(321);
    say(&mut world, bob, his, "hello");
    world.run(2_000);
    let up_to = bubble(&world, (alice, hers), "hello").row.id;
    does(&mut world, alice, Command::MarkRead { chat: hers, up_to });
    let before = line(&world, (bob, his));
    let draft = Draft { text: "not yet".into(), reply: Some(up_to), edit: None };
    for command in [
        Command::PinChat { chat: hers },
        Command::MarkUnread { chat: hers },
        Command::Mute { chat: hers, until_ms: Some(u64::MAX) },
        Command::SaveDraft { chat: hers, draft: draft.clone() },
    ] {
        does(&mut world, alice, command);
    }
    world.power_cut(alice);
    world.run(10_000);
    let here = line(&world, (alice, hers));
    assert!(here.pinned && here.marked_unread && !here.archived && here.muted_until_ms.is_some());
    assert_eq!((here.draft, here.row.unread), (Some(draft), 0));
    does(&mut world, alice, Command::Archive { chat: hers });
    does(&mut world, alice, Command::MarkRead { chat: hers, up_to });
    does(&mut world, alice, Command::Mute { chat: hers, until_ms: None });
    does(&mut world, alice, Command::SaveDraft { chat: hers, draft: Draft::default() });
    let here = line(&world, (alice, hers));
    assert!(here.archived && !here.pinned && !here.marked_unread && here.draft.is_none() && here.muted_until_ms.is_none());
    does(&mut world, alice, Command::Unarchive { chat: hers });
    assert!(!line(&world, (alice, hers)).archived);
    for command in
        [Command::PinChat { chat: 99 }, Command::MarkUnread { chat: 99 }, Command::SaveDraft { chat: 99, draft: Draft::default() }]
    {
        assert_eq!(refused(&mut world, alice, command), Refusal::NoSuchChat { name: "99".into() });
    }
    world.run(10_000);
    let after = line(&world, (bob, his));
    assert_eq!((after.pinned, after.marked_unread, after.row.unread), (before.pinned, before.marked_unread, before.row.unread));
}

#[test]
fn history_comes_in_windows_and_by_days() {
    let (mut world, [(alice, hers), (bob, his)]) = two(322);
    for number in 0..10 {
        say(&mut world, alice, hers, &format!("number {number}"));
        world.run(1_000);
        if number == 4 {
            world.run(24 * 60 * MINUTE);
        }
    }
    world.run(2 * MINUTE);
    let at = (bob, his);
    let texts = |page: &Page| page.messages.iter().map(|bubble| bubble.row.text.clone()).collect::<Vec<_>>();
    let numbers = |range: std::ops::Range<i32>| range.map(|number| format!("number {number}")).collect::<Vec<_>>();
    let newest = page(&world, at, Window::Newest, 3);
    assert_eq!((texts(&newest), newest.earlier, newest.later), (numbers(7..10), true, false));
    let before = page(&world, at, Window::Before(newest.messages[0].row.id), 100);
    assert_eq!((texts(&before), before.earlier, before.later), (numbers(0..7), false, true));
    let after = page(&world, at, Window::After(before.messages[3].row.id), 2);
    assert_eq!((texts(&after), after.earlier, after.later), (numbers(4..6), true, true));
    let around = page(&world, at, Window::Around(before.messages[5].row.id), 4);
    assert_eq!(texts(&around), numbers(3..7));
    let View::Days(days) = ask(&world, bob, Query::Days { chat: his, east_minutes: 60 }) else { panic!() };
    assert_eq!(days.iter().map(|day| day.messages).collect::<Vec<_>>(), [5, 5]);
    assert_eq!(days[1].start_ms - days[0].start_ms, 24 * 60 * MINUTE);
    assert_eq!(texts(&page(&world, at, Window::From(days[1].start_ms), 2)), numbers(5..7));
    assert_eq!(texts(&page(&world, at, Window::Unread, 4)), numbers(0..2));
    does(&mut world, bob, Command::MarkRead { chat: his, up_to: before.messages[4].row.id });
    assert_eq!(texts(&page(&world, at, Window::Unread, 4)), numbers(3..7));
    does(&mut world, bob, Command::MarkRead { chat: his, up_to: i64::MAX });
    assert_eq!(texts(&page(&world, at, Window::Unread, 4)), numbers(6..10));
    assert_eq!(ask(&world, bob, Query::ChatLine { chat: his }), View::ChatLine(Some(Box::new(line(&world, at)))));
    let nearest = page(&world, at, Window::From(u64::MAX), 5);
    assert_eq!((texts(&nearest), nearest.earlier, nearest.later), (numbers(5..10), true, false), "nothing was said since");
    let last = newest.messages[2].row.id;
    let end = page(&world, at, Window::After(last), 5);
    assert_eq!((end.messages.len(), end.earlier, end.later), (0, true, false));
    // One of another chat, or of none, is nothing.
    assert_eq!(page(&world, (bob, 99), Window::Newest, 5), Page { messages: vec![], earlier: false, later: false });
    assert_eq!(ask(&world, bob, Query::Message { message: 9_999 }), View::Message(None));
    assert_eq!(ask(&world, bob, Query::Chat { chat: 99 }), View::Chat(None));
}

#[test]
fn what_is_taken_away_here_stays_there_and_does_not_come_back() {
    let (mut world, [(alice, hers), (bob, his)]) = two(323);
    for text in ["one https://example.org", "two", "three"] {
        say(&mut world, alice, hers, text);
    }
    world.run(2_000);
    let two = bubble(&world, (bob, his), "two").row.id;
    let View::Shelf(links) = ask(&world, bob, Query::Shelf { chat: his, what: view::Shelf::Links, before: None, limit: 5 }) else {
        panic!()
    };
    assert_eq!(links.len(), 1);
    does(&mut world, bob, Command::DeleteForMe { chat: his, messages: vec![two] });
    assert_eq!(refused(&mut world, bob, Command::DeleteForMe { chat: his, messages: vec![two] }), Refusal::NoSuchMessage { id: two });
    let held = |world: &World, at| bubbles(world, at).len();
    assert_eq!((held(&world, (bob, his)), held(&world, (alice, hers))), (2, 3));
    does(&mut world, bob, Command::ClearChat { chat: his });
    does(&mut world, bob, Command::DeleteChat { chat: his });
    assert!(lines(&world, bob).is_empty());
    let View::Search(found) = ask(&world, bob, Query::Search { words: "three".into(), chat: None, limit: 5 }) else { panic!() };
    assert!(found.messages.is_empty());
    // Opened from the contact it is there, and empty.
    let View::Contacts(contacts) = ask(&world, bob, Query::Contacts) else { panic!() };
    assert_eq!(contacts.iter().map(|contact| contact.chat).collect::<Vec<_>>(), [Some(his)]);
    assert!(detail(&world, (bob, his)).line.last.is_none());
    say(&mut world, alice, hers, "four");
    world.run(2_000);
    assert_eq!(bubbles(&world, (bob, his)).into_iter().map(|bubble| bubble.row.text).collect::<Vec<_>>(), ["four"]);
    assert_eq!((lines(&world, bob).len(), held(&world, (alice, hers))), (1, 4));
    assert_eq!(refused(&mut world, bob, Command::DeleteChat { chat: 99 }), Refusal::NoSuchChat { name: "99".into() });
}

#[test]
fn a_group_is_left_before_it_is_deleted_here() {
    let (mut world, [(alice, hers), (bob, his), _]) = group(324);
    assert_eq!(refused(&mut world, bob, Command::DeleteChat { chat: his }), Refusal::StillMember);
    does(&mut world, bob, Command::Leave { chat: his });
    world.run(MINUTE);
    say(&mut world, alice, hers, "Farewell");
    world.run(2 * MINUTE);
    assert_eq!(detail(&world, (bob, his)).role, Role::Outside);
    does(&mut world, bob, Command::DeleteChat { chat: his });
    assert!(lines(&world, bob).iter().all(|line| line.row.id != his));
}

#[test]
fn who_tells_nobody_what_was_read_is_not_told_of() {
    let (mut world, [(alice, hers), (bob, his)]) = two(325);
    let settings = Settings { receipts: Switch::Off, notices: Notices::Names, ..Settings::default() };
    does(&mut world, bob, Command::ChangeSettings(settings));
    assert_eq!(ask(&world, bob, Query::Settings), View::Settings(settings));
    for (text, settings, delivery) in [
        ("unseen", settings, view::Delivery::Sent),
        ("seen", Settings { receipts: Switch::On, ..settings }, view::Delivery::Read { by: 1, others: 1 }),
    ] {
        does(&mut world, bob, Command::ChangeSettings(settings));
        say(&mut world, alice, hers, text);
        world.run(2_000);
        let up_to = bubble(&world, (bob, his), text).row.id;
        does(&mut world, bob, Command::MarkRead { chat: his, up_to });
        world.run(2_000);
        assert_eq!(line(&world, (bob, his)).row.unread, 0);
        assert_eq!(bubble(&world, (alice, hers), text).delivery, Some(delivery));
    }
}
