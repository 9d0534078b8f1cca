//! The least timer under 16.

use super::care::*;
use super::*;
use client::audit::Misdeed;
use view::Knows;
use wire::limits::DAY;

#[test]
fn under_16_a_timer_with_somebody_known_only_online_is_a_week_at_least_and_nobody_else_can_tell() {
    let (mut world, [hers, his]) = two(656);
    let expire = |at: (usize, i64), seconds| Command::Expire { chat: at.1, seconds };
    does(&mut world, hers.0, Command::Born { born: Some(CHILD) });
    assert_eq!(refused(&mut world, hers.0, expire(hers, 3600)), Refusal::ExpiryTooShort { days: 7 });
    does(&mut world, hers.0, Command::Know { chat: hers.1, how: Knows::InLife });
    does(&mut world, hers.0, expire(hers, 3600));
    does(&mut world, hers.0, Command::Know { chat: hers.1, how: Knows::Online });
    does(&mut world, hers.0, expire(hers, 7 * 24 * 3600));
    does(&mut world, hers.0, expire(hers, 0));
    world.run(5_000);
    // The other may set what they like: here their words stay for a week, and there for an hour.
    does(&mut world, his.0, expire(his, 3600));
    world.run(5_000);
    say(&mut world, his.0, his.1, "this goes soon");
    say(&mut world, hers.0, hers.1, "mine too");
    world.run(5_000);
    let ends = |world: &World, at, text: &str| bubble(world, at, text).row.expires_ms.expect("a timer");
    assert_eq!(ends(&world, hers, "mine too"), ends(&world, his, "mine too"), "what she sends goes when it says");
    assert!(ends(&world, hers, "this goes soon") >= ends(&world, his, "this goes soon") + 6 * DAY);
    world.run(2 * 60 * MINUTE);
    assert!(bubbles(&world, his).iter().all(|bubble| bubble.row.text != "this goes soon"));
    assert_eq!(bubble(&world, hers, "this goes soon").row.text, "this goes soon");
    assert_eq!(world.people[hers.0].client().last_provable(hers.1, 10).expect("ids").len(), 1, "it can be kept and reported");
    world.run(7 * DAY);
    assert!(bubbles(&world, hers).iter().all(|bubble| bubble.row.text != "this goes soon"));
}

#[test]
fn what_its_sender_says_of_the_time_shortens_no_week_under_16() {
    let (mut world, [hers, his]) = two(677);
    does(&mut world, hers.0, Command::Born { born: Some(CHILD) });
    does(&mut world, hers.0, Command::Know { chat: hers.1, how: Knows::Online });
    does(&mut world, his.0, Command::Expire { chat: his.1, seconds: 60 });
    world.run(5_000);
    world.misbehave(his.0, his.1, Misdeed::Backdated { by: 8 * DAY });
    say(&mut world, his.0, his.1, "this goes soon");
    world.run(5_000);
    let here = |world: &World| bubbles(world, hers).into_iter().find(|bubble| bubble.row.text == "this goes soon");
    assert!(here(&world).is_some_and(|bubble| bubble.row.sent_ms + 7 * DAY < world.now.0), "said to be of last week");
    world.run(6 * DAY);
    assert!(here(&world).is_some());
    world.run(2 * DAY);
    assert!(here(&world).is_none());
}
