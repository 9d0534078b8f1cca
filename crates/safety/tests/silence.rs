//! The crate alone, compiled as it is, and what it wants of the world: nothing but memory. No socket, no file, no clock, no log.

mod silent;

use silent::{Besides, calls_to_the_world, finds_each_call_to_the_world, wants};

const BESIDES: Besides = Besides { begin: &[], names: &[] };

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
