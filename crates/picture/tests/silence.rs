//! What looks at pictures, compiled alone as it is, and what it wants of the world: nothing but memory. No socket, no file, no clock, no log.

use std::path::Path;
use std::process::Command;

/// What a program without an operating system has too. Everything else that is no Rust of `core`, `alloc` or this crate is a call to the world.
const MEMORY: &[&str] =
    &["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "rust_eh_personality", "_Unwind_Resume", "_GLOBAL_OFFSET_TABLE_"];

/// Functions of numbers, which a program without an operating system brings itself.
const NUMBERS: &[&str] = &["expf"];

/// Compiles a copy of the crate, with `more` at its end, and lists what it calls and does not bring.
fn wants(name: &str, more: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("silence-{}-{name}", std::process::id()));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &folder.join("src"));
    let root = folder.join("src/lib.rs");
    let mut text = std::fs::read_to_string(&root).unwrap();
    text.push_str(more);
    std::fs::write(&root, text).unwrap();
    let object = folder.join("picture.o");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args(["--edition", "2024", "--crate-name", "picture", "--crate-type", "rlib", "-C", "codegen-units=1"])
        .arg(format!("--emit=obj={}", object.display()))
        .arg(&root)
        // Where it puts what it makes on the way: two compilers side by side would take each other's.
        .current_dir(&folder)
        .output()
        .expect("rustc");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let listed = Command::new("nm").args(["--undefined-only", "--demangle"]).arg(&object).output().expect("nm");
    assert!(listed.status.success());
    let text = String::from_utf8(listed.stdout).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    text.lines().filter_map(|line| line.trim().strip_prefix("U ")).map(str::to_owned).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target)
        } else {
            let _: u64 = std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Whatever is neither memory nor a part of the language.
fn calls_to_the_world(wanted: &[String]) -> Vec<&str> {
    let of_the_language = |name: &str| {
        // `<alloc::string::String as core::fmt::Write>::write_str`: the first path says whose it is.
        let path = name.trim_start_matches(['<', '&', '[', '(', '*', '_']);
        let ours = ["core::", "alloc::", "picture::", "str>::", "u8]>::", "rust_", "rustc::"].iter().any(|own| path.starts_with(own));
        // A trait of `core` for a type of the language itself, such as `<str as core::fmt::Display>::fmt`.
        ours || (name.starts_with('<') && !name.contains("std::") && name.contains(" as core::"))
    };
    wanted.iter().map(String::as_str).filter(|name| !MEMORY.contains(name) && !NUMBERS.contains(name) && !of_the_language(name)).collect()
}

#[test]
fn built_alone_it_links_no_socket_file_or_clock() {
    let wanted = wants("itself", "");
    assert!(wanted.len() > 5, "nothing was listed: {wanted:?}");
    assert_eq!(calls_to_the_world(&wanted), [""; 0]);
}

#[test]
fn one_call_to_the_world_fails_the_same_test() {
    let socket = "\nunsafe extern \"C\" { fn socket(domain: i32, kind: i32, protocol: i32) -> i32; }\npub fn call() -> i32 { unsafe { socket(2, 1, 0) } }\n";
    assert_eq!(calls_to_the_world(&wants("socket", socket)), ["socket"]);
    for (name, more) in [
        ("net", "pub fn call() { drop(std::net::TcpStream::connect(\"127.0.0.1:1\")) }"),
        ("file", "pub fn call() -> bool { std::fs::read(\"x\").is_ok() }"),
        ("clock", "pub fn call() -> std::time::Instant { std::time::Instant::now() }"),
        ("log", "pub fn call() { std::println!(\"x\") }"),
    ] {
        let wanted = wants(name, &format!("\nextern crate std;\n{more}\n"));
        assert!(calls_to_the_world(&wanted).iter().any(|call| call.contains("std::")), "{name}: {wanted:?}");
    }
}
