//! Names, blocking, links, roles, what a group is about.

use super::*;
use view::{ContactRow, How, Knows, Me, Role};
use wire::content::Body;

fn contacts(world: &World, person: usize) -> Vec<ContactRow> {
    let View::Contacts(contacts) = ask(world, person, Query::Contacts) else { panic!("no contacts") };
    contacts
}

#[test]
fn a_new_name_reaches_everybody_and_stands_beside_the_username() {
    let (mut world, [(alice, hers), (bob, his)]) = two(341);
    assert_eq!(refused(&mut world, alice, Command::SetName { name: "a".repeat(129) }), Refusal::NameTooLong { limit: 128 });
    offline(&mut world, alice);
    does(&mut world, alice, Command::SetName { name: " Alice of the garden ".into() });
    let View::Me(Me::Account(own)) = ask(&world, alice, Query::Me) else { panic!("nobody") };
    assert_eq!((own.username.as_str(), own.display_name.as_deref(), own.signed_up), ("alice", Some("Alice of the garden"), true));
    say(&mut world, alice, hers, "hello");
    world.run(10_000);
    let seen = line(&world, (bob, his));
    assert_eq!((seen.row.name.as_str(), seen.display_name.as_deref()), ("alice", Some("Alice of the garden")));
    assert_eq!(bubble(&world, (bob, his), "hello").sender.display_name.as_deref(), Some("Alice of the garden"));
    let View::Search(found) = ask(&world, bob, Query::Search { words: "garden".into(), chat: None, limit: 5 }) else { panic!() };
    assert_eq!((found.chats.len(), found.contacts.len(), found.messages.len()), (1, 1, 0));
    does(&mut world, alice, Command::SetName { name: String::new() });
    world.run(10_000);
    assert_eq!(line(&world, (bob, his)).display_name.as_deref(), Some("alice"));
}

#[test]
fn who_was_blocked_is_heard_again_after_it() {
    let (mut world, [(alice, hers), (bob, his)]) = two(342);
    does(&mut world, alice, Command::Block { user: "bob".into() });
    assert!(line(&world, (alice, hers)).blocked && contacts(&world, alice)[0].blocked);
    say(&mut world, bob, his, "not heard");
    world.run(2_000);
    let text = view::Outgoing::Text("no".into());
    assert_eq!(refused(&mut world, alice, Command::Send { chat: hers, what: text, reply: None }), Refusal::Blocked { name: "bob".into() });
    // By the key that a page has.
    let account = contacts(&world, alice)[0].account.clone();
    does(&mut world, alice, Command::Unblock { user: account });
    assert_eq!(refused(&mut world, alice, Command::Unblock { user: "dora".into() }), Refusal::NoSuchUser { name: "dora".into() });
    say(&mut world, bob, his, "heard");
    say(&mut world, alice, hers, "and answered");
    world.run(5_000);
    assert_eq!(bubbles(&world, (alice, hers)).iter().filter(|bubble| !bubble.row.mine).count(), 1);
    bubble(&world, (bob, his), "and answered");
    assert!(!line(&world, (alice, hers)).blocked);
}

#[test]
fn a_revoked_link_opens_nothing() {
    let mut world = World::new(343, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.run(500);
    let Reply::Link { url, .. } = does(&mut world, alice, Command::MakeLink { label: "Bob".into(), uses: 3, days: 1 }) else { panic!() };
    world.run(5_000);
    let View::Links(links) = ask(&world, alice, Query::Links) else { panic!() };
    assert_eq!((links.len(), links[0].url == url, links[0].uses_left, links[0].live), (1, true, 3, true));
    let link = links[0].id;
    does(&mut world, alice, Command::RevokeLink { link });
    assert_eq!(refused(&mut world, alice, Command::RevokeLink { link }), Refusal::NoSuchLink { id: link });
    assert_eq!(ask(&world, alice, Query::Links), View::Links(vec![]));
    world.run(5_000);
    does(&mut world, bob, Command::AddContact { link: url });
    world.run(MINUTE);
    assert_eq!(ask(&world, alice, Query::Requests), View::Requests(vec![]));
    let View::Requests(asked) = ask(&world, bob, Query::Requests) else { panic!() };
    assert_eq!(asked[0].state, view::RequestState::Failed);
}

#[test]
fn how_one_knows_somebody_is_kept_here_and_nowhere_else() {
    let (mut world, [(alice, hers), (bob, his)]) = two(335);
    let knows = |world: &World, at| detail(world, at).knows;
    assert_eq!((knows(&world, (alice, hers)), knows(&world, (bob, his))), (None, None));
    for how in [Knows::Unsure, Knows::InLife, Knows::Online] {
        does(&mut world, alice, Command::Know { chat: hers, how });
        assert_eq!(knows(&world, (alice, hers)), Some(how));
        let View::Unsent(unsent) = ask(&world, alice, Query::Unsent) else { panic!("no answer") };
        assert_eq!(unsent.unfinished, 0, "there is nothing to send");
    }
    world.power_cut(alice);
    world.run(10_000);
    assert_eq!((knows(&world, (alice, hers)), knows(&world, (bob, his))), (Some(Knows::Online), None));
    assert_eq!(refused(&mut world, alice, Command::Know { chat: 99, how: Knows::Online }), Refusal::NoSuchChat { name: "99".into() });
}

#[test]
fn how_one_met_is_told_on_both_sides() {
    let (world, [(alice, hers), (bob, his)]) = two(344);
    let met = |at| detail(&world, at).met.expect("how they met");
    assert_eq!((met((alice, hers)).how, met((alice, hers)).label.as_str()), (How::MyLink, "bob"));
    assert_eq!((met((bob, his)).how, met((bob, his)).label.as_str()), (How::TheirLink, ""));
    assert!(met((alice, hers)).since_ms > 0);
}

#[test]
fn admins_say_what_a_group_is_about_and_nobody_else_does() {
    let (mut world, all) = group(345);
    let [(alice, hers), (bob, his), _] = all;
    let told = |world: &World| all.map(|at| detail(world, at).line.row.description);
    assert_eq!(refused(&mut world, bob, Command::Describe { chat: his, text: "mine".into() }), Refusal::NotAdmin);
    world.say_body(bob, his, Body::GroupDescription("mine".into()));
    world.run(2_000);
    assert_eq!(told(&world), [None, None, None]);
    does(&mut world, alice, Command::Describe { chat: hers, text: "Vegetables and nothing else".into() });
    world.run(2_000);
    assert_eq!(told(&world), [(); 3].map(|()| Some("Vegetables and nothing else".to_owned())));
    assert_eq!(refused(&mut world, alice, Command::Describe { chat: hers, text: "x".repeat(4097) }), Refusal::TooLong { limit: 4096 });
    does(&mut world, alice, Command::Describe { chat: hers, text: String::new() });
    world.run(2_000);
    assert_eq!(told(&world), [None, None, None]);
}

#[test]
fn an_admin_becomes_a_member_again_and_one_always_stays() {
    let (mut world, all) = group(346);
    let [(alice, hers), (bob, his), (carol, theirs)] = all;
    let roles = |world: &World| all.map(|at| detail(world, at).role);
    assert_eq!(refused(&mut world, alice, Command::Demote { chat: hers, member: "alice".into() }), Refusal::LastAdmin);
    assert_eq!(refused(&mut world, carol, Command::Demote { chat: theirs, member: "alice".into() }), Refusal::NotAdmin);
    assert_eq!(
        refused(&mut world, alice, Command::Demote { chat: hers, member: "dora".into() }),
        Refusal::NotAMember { name: "dora".into() }
    );
    does(&mut world, alice, Command::Promote { chat: hers, member: "bob".into() });
    world.run(MINUTE);
    assert_eq!(roles(&world), [Role::Admin, Role::Admin, Role::Member]);
    // Each takes the other out of office at the same time: one is quicker, and the group keeps an admin.
    does(&mut world, alice, Command::Demote { chat: hers, member: "bob".into() });
    does(&mut world, bob, Command::Demote { chat: his, member: "alice".into() });
    world.run(2 * MINUTE);
    let roles = roles(&world);
    assert_eq!(roles.iter().filter(|role| **role == Role::Admin).count(), 1, "{roles:?}");
    let [(admin, office), (member, other)] = if roles[0] == Role::Admin { [all[0], all[1]] } else { [all[1], all[0]] };
    assert_eq!(refused(&mut world, member, Command::Rename { chat: other, name: "Mine".into() }), Refusal::NotAdmin);
    does(&mut world, admin, Command::Rename { chat: office, name: "Ours".into() });
    does(&mut world, admin, Command::RemoveMember { chat: office, member: "carol".into() });
    world.run(MINUTE);
    for person in all {
        assert_eq!(detail(&world, person).line.row.name, "Ours");
    }
    assert_eq!(detail(&world, all[2]).role, Role::Outside);
    say(&mut world, member, other, "still here");
    world.run(MINUTE);
    bubble(&world, (admin, office), "still here");
    assert_eq!(sim::oracle::judge(&world, sim::oracle::Honesty::Honest), []);
}

#[test]
fn before_join_nothing_of_a_group_is_shown_and_no_receipt_leaves() {
    let (mut world, [hers, his]) = two(656);
    let on = view::Settings { receipts: view::Switch::On, ..view::Settings::default() };
    for at in [hers, his] {
        does(&mut world, at.0, Command::ChangeSettings(on));
    }
    let made = does(&mut world, hers.0, Command::CreateGroup { name: "Marmalade".into(), members: vec!["bob".into()] });
    let Reply::Id(group) = made else { panic!("no group") };
    world.run(2 * MINUTE);
    say(&mut world, hers.0, group, "the secret picnic");
    world.run(MINUTE);
    let invitations = world.people[his.0].client().invitations().expect("invitations");
    let [invitation] = invitations.as_slice() else { panic!("one invitation") };
    assert_eq!((invitation.from.as_str(), invitation.members, invitation.known), ("alice", 2, 1));
    assert_eq!(lines(&world, his.0).len(), 1, "no chat is there but the one with her");
    let rows = world.people[his.0].client().audit_rows().expect("rows");
    let holds = |words: &str| {
        rows.iter().flat_map(|(_, values)| values).any(|value| match value {
            client::audit::Value::Text(text) => text.contains(words),
            client::audit::Value::Blob(bytes) => bytes.windows(words.len()).any(|window| window == words.as_bytes()),
            _ => false,
        })
    };
    assert!(!holds("picnic") && !holds("Marmalade"), "neither its name nor a word is on his device");
    let said = bubble(&world, (hers.0, group), "picnic");
    assert_eq!(said.delivery, Some(view::Delivery::Sent), "nobody said that it was read");
    assert_eq!(
        world.people[hers.0].client().members(group).expect("members").iter().filter(|row| row.state == view::MemberState::Here).count(),
        1
    );
    let Reply::Id(joined) = does(&mut world, his.0, Command::JoinGroup { invitation: invitation.id }) else { panic!("not joined") };
    world.run(2 * MINUTE);
    // What was said since he was invited is there once he has said yes.
    bubble(&world, (his.0, joined), "picnic");
}
