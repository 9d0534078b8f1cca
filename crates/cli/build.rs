//! Puts the page into the program: what `cargo xtask build` packed into `target/page`. Without it the program is built all the same, and says so.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/page");
    // An empty folder can be watched; one that is not there would be looked for, and the program built, every time.
    std::fs::create_dir_all(&page)?;
    println!("cargo:rerun-if-changed={}", page.display());
    let mut code = "const FILES: &[PageFile] = &[\n".to_owned();
    for line in std::fs::read_to_string(page.join("list.txt")).unwrap_or_default().lines() {
        let (path, rest) = line.split_once(' ').ok_or("target/page/list.txt is not a list of pack's")?;
        let (hash, _) = rest.split_once(' ').ok_or("target/page/list.txt is not a list of pack's")?;
        let file = page.join(path.trim_start_matches('/')).canonicalize()?;
        let small = PathBuf::from(format!("{}.br", file.display()));
        writeln!(
            code,
            "PageFile {{ path: {path:?}, plain: include_bytes!({file:?}), brotli: include_bytes!({small:?}), hash: {:?} }},",
            &hash[..hash.len().min(20)]
        )?;
    }
    code.push_str("];\n");
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("page.rs"), code)?;
    Ok(())
}
