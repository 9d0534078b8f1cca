//! What looks at pictures, compiled alone as it is, and what it wants of the world: nothing but memory. No socket, no file, no clock, no log.

#[path = "../../safety/tests/silent/mod.rs"]
mod silent;

use silent::{Besides, calls_to_the_world, finds_each_call_to_the_world, wants};

/// Functions of numbers, which a program without an operating system brings itself.
const BESIDES: Besides = Besides { begin: &["u8]>::"], names: &["expf"] };

#[test]
fn built_alone_it_links_no_socket_file_or_clock() {
    let wanted = wants("itself", "");
    assert!(wanted.len() > 5, "nothing was listed: {wanted:?}");
    assert_eq!(calls_to_the_world(&wanted, &BESIDES), [""; 0]);
}

#[test]
fn one_call_to_the_world_fails_the_same_test() {
    finds_each_call_to_the_world(&BESIDES);
}
