//! A crate alone, compiled as it is, and what it wants of the world. For the tests of each crate that is to want nothing.

use std::path::Path;
use std::process::Command;

/// What a program without an operating system has too. Everything else that is no Rust of `core`, `alloc` or this crate is a call to the world.
const MEMORY: &[&str] =
    &["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "rust_eh_personality", "_Unwind_Resume", "_GLOBAL_OFFSET_TABLE_"];

/// What one crate may want beside that.
pub struct Besides {
    /// Paths of the language.
    pub begin: &'static [&'static str],
    pub names: &'static [&'static str],
}

/// Compiles a copy of the crate that is tested, with `more` at its end, and lists what it calls and does not bring.
pub fn wants(name: &str, more: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("silence-{}-{name}", std::process::id()));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &folder.join("src"));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    if data.exists() {
        copy(&data, &folder.join("data"));
    }
    let root = folder.join("src/lib.rs");
    let mut text = std::fs::read_to_string(&root).unwrap();
    text.push_str(more);
    std::fs::write(&root, text).unwrap();
    let object = folder.join("alone.o");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args(["--edition", "2024", "--crate-name", env!("CARGO_PKG_NAME"), "--crate-type", "rlib", "-C", "codegen-units=1"])
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

/// Whatever is neither memory, nor a part of the language, nor one of `besides`.
pub fn calls_to_the_world<'w>(wanted: &'w [String], besides: &Besides) -> Vec<&'w str> {
    let of_the_language = |name: &str| {
        // `<alloc::string::String as core::fmt::Write>::write_str`: the first path says whose it is.
        let path = name.trim_start_matches(['<', '&', '[', '(', '*', '_']);
        let own = concat!(env!("CARGO_PKG_NAME"), "::");
        let ours = ["core::", "alloc::", own, "str>::", "rust_", "rustc::"].iter().chain(besides.begin).any(|own| path.starts_with(own));
        // A trait of `core` for a type of the language itself, such as `<str as core::fmt::Display>::fmt`.
        ours || (name.starts_with('<') && !name.contains("std::") && name.contains(" as core::"))
    };
    wanted
        .iter()
        .map(String::as_str)
        .filter(|name| !MEMORY.contains(name) && !besides.names.contains(name) && !of_the_language(name))
        .collect()
}

/// The same test, with one call to the world in the crate, fails.
pub fn finds_each_call_to_the_world(besides: &Besides) {
    let socket = "\nunsafe extern \"C\" { fn socket(domain: i32, kind: i32, protocol: i32) -> i32; }\npub fn call() -> i32 { unsafe { socket(2, 1, 0) } }\n";
    assert_eq!(calls_to_the_world(&wants("socket", socket), besides), ["socket"]);
    for (name, more) in [
        ("net", "pub fn call() { drop(std::net::TcpStream::connect(\"127.0.0.1:1\")) }"),
        ("file", "pub fn call() -> bool { std::fs::read(\"x\").is_ok() }"),
        ("clock", "pub fn call() -> std::time::Instant { std::time::Instant::now() }"),
        ("log", "pub fn call() { std::println!(\"x\") }"),
    ] {
        let wanted = wants(name, &format!("\nextern crate std;\n{more}\n"));
        assert!(calls_to_the_world(&wanted, besides).iter().any(|call| call.contains("std::")), "{name}: {wanted:?}");
    }
}
