//! Polls, pins, reactions, mentions, passing on.

use super::*;
use view::{Choice, How, MessageKind, NewPoll, Outgoing, PollRow};
use wire::content::{Body, Text};

fn lunch(choice: Choice) -> NewPoll {
    NewPoll { question: "Lunch?".into(), options: ["Soup", "Salad", "Bread"].map(str::to_owned).to_vec(), choice }
}

fn poll(world: &World, at: (usize, i64)) -> (i64, PollRow) {
    let bubble = bubbles(world, at).into_iter().find(|bubble| bubble.poll.is_some()).expect("a poll");
    assert_eq!(bubble.row.kind, MessageKind::Poll);
    (bubble.row.id, bubble.poll.expect("a poll"))
}

fn votes(world: &World, at: (usize, i64)) -> Vec<(u32, bool)> {
    poll(world, at).1.options.into_iter().map(|option| (option.votes, option.mine)).collect()
}

#[test]
fn everybody_counts_a_poll_alike_and_the_last_vote_of_each_counts() {
    let (mut world, all) = group(301);
    let [(alice, hers), (bob, his), (carol, theirs)] = all;
    does(&mut world, alice, Command::SendPoll { chat: hers, poll: lunch(Choice::One) });
    world.run(2_000);
    let here = |world: &World, at| poll(world, at).0;
    let message = here(&world, all[1]);
    does(&mut world, bob, Command::Vote { chat: his, message, choices: vec![0] });
    // Carol votes without a connection, twice: it leaves when she has one.
    offline(&mut world, carol);
    let message = here(&world, all[2]);
    does(&mut world, carol, Command::Vote { chat: theirs, message, choices: vec![0] });
    does(&mut world, carol, Command::Vote { chat: theirs, message, choices: vec![2] });
    assert_eq!(votes(&world, all[2])[2], (1, true), "seen at once");
    world.run(10_000);
    assert_eq!(votes(&world, all[0]), [(1, false), (0, false), (1, false)]);
    assert_eq!(votes(&world, all[1]), [(1, true), (0, false), (1, false)]);
    let message = here(&world, all[1]);
    does(&mut world, bob, Command::Vote { chat: his, message, choices: vec![] });
    world.run(2_000);
    for at in all {
        let (_, poll) = poll(&world, at);
        assert_eq!((poll.voters, poll.closed, poll.options[2].by.as_slice()), (1, false, ["carol".to_owned()].as_slice()), "{at:?}");
    }
    // Only who asked ends it, and then it is over.
    assert_eq!(refused(&mut world, bob, Command::ClosePoll { chat: his, message }), Refusal::NotYours);
    world.say_body(bob, his, Body::PollClose { poll: message_id(&world, bob, his, message) });
    world.run(2_000);
    assert!(!poll(&world, all[2]).1.closed, "nobody else closes it");
    let hers_poll = here(&world, all[0]);
    does(&mut world, alice, Command::ClosePoll { chat: hers, message: hers_poll });
    world.run(2_000);
    assert_eq!(refused(&mut world, bob, Command::Vote { chat: his, message, choices: vec![1] }), Refusal::PollClosed);
    world.say_body(bob, his, Body::Vote { poll: message_id(&world, bob, his, message), choices: vec![1] });
    world.run(2_000);
    for at in all {
        assert_eq!((poll(&world, at).1.closed, votes(&world, at)[1].0), (true, 0), "{at:?}");
    }
}

fn message_id(world: &World, person: usize, chat: i64, message: i64) -> wire::MessageId {
    let View::Info(Some(info)) = ask(world, person, Query::Info { chat, message }) else { panic!("no info") };
    wire::MessageId::from_hex(&info.message_id).expect("an id")
}

#[test]
fn what_no_poll_has_is_refused_and_not_counted() {
    let (mut world, [(alice, hers), (bob, his)]) = two(302);
    for options in [vec!["a"], vec!["a", "a"], vec!["a", " "]] {
        let options = options.into_iter().map(str::to_owned).collect();
        let poll = NewPoll { question: "Lunch?".into(), options, choice: Choice::One };
        assert_eq!(refused(&mut world, alice, Command::SendPoll { chat: hers, poll }), Refusal::PollShape);
    }
    does(&mut world, alice, Command::SendPoll { chat: hers, poll: lunch(Choice::One) });
    say(&mut world, alice, hers, "no poll");
    world.run(2_000);
    let (message, _) = poll(&world, (bob, his));
    for choices in [vec![3], vec![0, 1]] {
        assert_eq!(refused(&mut world, bob, Command::Vote { chat: his, message, choices }), Refusal::NoSuchChoice);
    }
    let other = bubble(&world, (bob, his), "no poll").row.id;
    assert_eq!(refused(&mut world, bob, Command::Vote { chat: his, message: other, choices: vec![0] }), Refusal::NotAPoll);
    let question = poll(&world, (alice, hers)).0;
    assert_eq!(refused(&mut world, alice, Command::Edit { chat: hers, message: question, text: "x".into() }), Refusal::CannotEdit);
    // Another program says it all the same.
    world.say_body(bob, his, Body::Vote { poll: message_id(&world, bob, his, message), choices: vec![0, 1] });
    world.run(2_000);
    assert_eq!(poll(&world, (alice, hers)).1.voters, 0);
}

#[test]
fn an_admin_pins_for_all_and_what_is_deleted_is_pinned_no_more() {
    let (mut world, all) = group(303);
    let [(alice, hers), (bob, his), _] = all;
    say(&mut world, alice, hers, "Water at six");
    say(&mut world, alice, hers, "Bring gloves");
    world.run(2_000);
    let pinned = |world: &World| all.map(|at| detail(world, at).pinned.map(|bubble| bubble.row.text));
    let at = |world: &World, text: &str| bubble(world, all[0], text).row.id;
    let his_water = bubble(&world, all[1], "Water").row.id;
    assert_eq!(refused(&mut world, bob, Command::PinMessage { chat: his, message: his_water }), Refusal::NotAdmin);
    world.say_body(bob, his, Body::Pin { message: message_id(&world, bob, his, his_water) });
    world.run(2_000);
    assert_eq!(pinned(&world), [None, None, None], "others do not hear it either");
    for text in ["Water at six", "Bring gloves"] {
        let message = at(&world, text);
        does(&mut world, alice, Command::PinMessage { chat: hers, message });
        world.run(2_000);
        assert_eq!(pinned(&world), [(); 3].map(|()| Some(text.to_owned())));
    }
    assert!(bubble(&world, all[1], "gloves").pinned && !bubble(&world, all[1], "Water").pinned);
    let gloves = at(&world, "Bring gloves");
    does(&mut world, alice, Command::Delete { chat: hers, message: gloves });
    world.run(2_000);
    assert_eq!(pinned(&world), [None, None, None]);
    let water = at(&world, "Water at six");
    does(&mut world, alice, Command::PinMessage { chat: hers, message: water });
    does(&mut world, alice, Command::UnpinMessage { chat: hers, message: water });
    world.run(2_000);
    assert_eq!(pinned(&world), [None, None, None]);
    assert_eq!(refused(&mut world, alice, Command::PinMessage { chat: hers, message: gloves }), Refusal::NoSuchMessage { id: gloves });
}

#[test]
fn a_reaction_is_taken_back_on_both_sides() {
    let (mut world, [(alice, hers), (bob, his)]) = two(304);
    say(&mut world, alice, hers, "Done");
    world.run(2_000);
    let message = bubble(&world, (bob, his), "Done").row.id;
    for emoji in ["👍", "🌳"] {
        does(&mut world, bob, Command::React { chat: his, message, emoji: emoji.into() });
    }
    world.run(2_000);
    let sums = |world: &World, at| bubble(world, at, "Done").reactions.into_iter().map(|sum| (sum.emoji, sum.mine)).collect::<Vec<_>>();
    assert_eq!(sums(&world, (alice, hers)).len(), 2);
    // Without a connection, and twice.
    offline(&mut world, bob);
    for _ in 0..2 {
        does(&mut world, bob, Command::Unreact { chat: his, message, emoji: "👍".into() });
    }
    world.run(10_000);
    assert_eq!(sums(&world, (alice, hers)), [("🌳".to_owned(), false)]);
    assert_eq!(sums(&world, (bob, his)), [("🌳".to_owned(), true)]);
    assert_eq!(
        refused(&mut world, bob, Command::Unreact { chat: his, message: 999, emoji: "🌳".into() }),
        Refusal::NoSuchMessage { id: 999 }
    );
}

#[test]
fn whoever_is_mentioned_is_told_and_shown_by_the_name_one_knows() {
    let (mut world, all) = group(305);
    let [(alice, hers), (bob, his), _] = all;
    say(&mut world, alice, hers, "The hose is with @bob.");
    world.run(2_000);
    assert!(line(&world, all[1]).mentioned && !line(&world, all[2]).mentioned && !line(&world, all[0]).mentioned);
    for at in all {
        let bubble = bubble(&world, at, "hose");
        assert_eq!(bubble.row.text, "The hose is with @bob.");
        assert_eq!(bubble.mentions.iter().map(|mention| (mention.name.as_str(), mention.me)).collect::<Vec<_>>(), [("bob", at.0 == bob)]);
        assert!(bubble.marked_text.expect("the links").contains("](treehouse:u/"));
    }
    let up_to = bubble(&world, all[1], "hose").row.id;
    does(&mut world, bob, Command::MarkRead { chat: his, up_to });
    assert!(!line(&world, all[1]).mentioned);
    let View::Search(found) = ask(&world, bob, Query::Search { words: "hose bob".into(), chat: Some(his), limit: 10 }) else { panic!() };
    assert_eq!(found.messages.len(), 1);
    // Nobody is shown under a name that the writer made up.
    let stranger = wire::AccountId([0xab; 32]);
    world.say_body(alice, hers, Body::Text(Text::markdown(format!("Ask {}", Text::mention(&stranger, "bob")))));
    world.run(2_000);
    let asked = bubble(&world, all[1], "Ask");
    assert_eq!((asked.row.text.as_str(), asked.mentions[0].name.as_str()), ("Ask @abababababab", "abababababab"));
    // Words that are no mention carry nothing with them.
    say(&mut world, alice, hers, "Write to me@bob or @nobody");
    world.run(2_000);
    assert!(bubble(&world, all[1], "nobody").mentions.is_empty() && !line(&world, all[1]).mentioned);
}

#[test]
fn what_is_passed_on_is_marked_and_says_nothing_of_where_it_came_from() {
    let mut world = World::new(306, Weather::FAIR);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.person(name));
    let (hers, his) = world.befriend(alice, bob);
    let (_, _) = world.befriend(bob, carol);
    let to_carol = lines(&world, bob).into_iter().find(|line| line.row.name == "carol").expect("the chat").row.id;
    let carols = lines(&world, carol)[0].row.id;
    say(&mut world, alice, hers, "@bob the key is under the pot");
    say(&mut world, alice, hers, "first");
    world.run(2_000);
    let first = bubble(&world, (alice, hers), "first").row.id;
    does(&mut world, alice, Command::Edit { chat: hers, message: first, text: "second".into() });
    does(&mut world, alice, Command::SendPoll { chat: hers, poll: lunch(Choice::One) });
    world.run(2_000);
    let [key, second] = ["key", "second"].map(|text| bubble(&world, (bob, his), text).row.id);
    does(&mut world, bob, Command::Forward { chat: his, messages: vec![key, second], to: vec![to_carol] });
    world.run(2_000);
    let told: Vec<_> = bubbles(&world, (carol, carols))
        .into_iter()
        .map(|bubble| (bubble.row.text, bubble.row.forwarded, bubble.sender.name, bubble.mentions.len()))
        .collect();
    assert_eq!(told, [("@bob the key is under the pot".to_owned(), true, "bob".to_owned(), 0), ("second".into(), true, "bob".into(), 0)]);
    assert!(bubble(&world, (carol, carols), "key").marked_text.is_none());
    // Too far, too much, not this, not there: and nothing of it was said.
    let (poll, _) = poll(&world, (bob, his));
    let forward = |messages: Vec<i64>, to: Vec<i64>| Command::Forward { chat: his, messages, to };
    assert_eq!(refused(&mut world, bob, forward(vec![key], vec![to_carol; 6])), Refusal::TooMany { limit: 5 });
    assert_eq!(refused(&mut world, bob, forward(vec![key, poll], vec![to_carol])), Refusal::CannotForward);
    assert_eq!(refused(&mut world, bob, forward(vec![key, 999], vec![to_carol])), Refusal::NoSuchMessage { id: 999 });
    assert_eq!(refused(&mut world, bob, forward(vec![key], vec![to_carol, 99])), Refusal::NoSuchChat { name: "99".into() });
    world.run(2_000);
    assert_eq!(bubbles(&world, (carol, carols)).len(), 2);
}

#[test]
fn a_card_brings_two_together_once() {
    let mut world = World::new(307, Weather::FAIR);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.person(name));
    let (_, bobs_with_carol) = world.befriend(carol, bob);
    let (hers, his) = world.befriend(alice, bob);
    does(&mut world, alice, Command::SendContact { chat: hers });
    world.run(20_000);
    let card = bubble(&world, (bob, his), "Contact").card.expect("a card");
    assert_eq!(card.name, "alice");
    let View::Links(links) = ask(&world, alice, Query::Links) else { panic!() };
    assert_eq!(
        links.iter().map(|link| (link.url.as_str(), link.uses_left, link.label.as_str(), link.live)).collect::<Vec<_>>(),
        [(card.link.as_str(), 1, "bob", true)]
    );
    // Bob tells Carol of it by himself; a card is not passed on.
    let message = bubble(&world, (bob, his), "Contact").row.id;
    let forward = Command::Forward { chat: his, messages: vec![message], to: vec![bobs_with_carol] };
    assert_eq!(refused(&mut world, bob, forward), Refusal::CannotForward);
    does(&mut world, carol, Command::AddContact { link: card.link });
    world.run(MINUTE);
    let View::Requests(requests) = ask(&world, alice, Query::Requests) else { panic!() };
    let request = requests.into_iter().find(|row| row.state == view::RequestState::Open).expect("a request");
    let Reply::Id(chat) = does(&mut world, alice, Command::AcceptRequest { id: request.id }) else { panic!() };
    world.run(MINUTE);
    let met = detail(&world, (alice, chat)).met.expect("how they met");
    assert_eq!((met.how, met.label.as_str()), (How::MyLink, "bob"));
    let View::Links(links) = ask(&world, alice, Query::Links) else { panic!() };
    assert!(links.is_empty(), "{links:?}");
}

#[test]
fn an_answer_shows_what_it_answers_as_long_as_that_is_there() {
    let (mut world, [(alice, hers), (bob, his)]) = two(308);
    say(&mut world, alice, hers, "Who has the **ladder**?");
    world.run(2_000);
    let asked = bubble(&world, (bob, his), "ladder").row.id;
    does(&mut world, bob, Command::Send { chat: his, what: Outgoing::Text("I do".into()), reply: Some(asked) });
    world.run(2_000);
    let reply = bubble(&world, (alice, hers), "I do").reply.expect("what it answers");
    assert_eq!((reply.sender.me, reply.kind, reply.text.as_str()), (true, MessageKind::Text, "Who has the **ladder**?"));
    does(&mut world, alice, Command::DeleteForMe { chat: hers, messages: vec![reply.message] });
    assert!(bubble(&world, (alice, hers), "I do").reply.is_none());
    does(&mut world, bob, Command::DeleteForMe { chat: his, messages: vec![asked] });
    assert_eq!(bubble(&world, (bob, his), "I do").row.reply_to, None);
    // What has no form here shows its words.
    world.say_body(alice, hers, Body::Text(Text::plain("as it is")));
    world.run(2_000);
    assert_eq!(bubble(&world, (bob, his), "as it is").row.kind, MessageKind::Text);
}
