//! Makes the page out of its parts: wasm modules, a model and a folder of plain files go in, what a server gives out comes out.
//!
//! `pack --modules DIR --files DIR --model DIR --to DIR --quality N`. `cargo xtask build` starts it.

mod files;
mod glue;
mod page;
mod single;
mod split;

use page::Page;
use split::Split;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// The modules, as Cargo names them, and what they are called in the page.
const MODULES: &[(&str, &str)] = &[("web-core", "core"), ("web-ui", "ui"), ("web-picture", "picture"), ("web-scan", "scan")];

/// The module that looks at pictures, and how `f32x4.mul` is written in wasm. They come about by the level of the module itself, and without them a
/// look takes four times as long.
const FOUR_AT_ONCE: (&str, [u8; 3]) = ("picture", [0xfd, 0xe6, 0x01]);

/// The module of which parts come later.
const IN_PARTS: &str = "ui";

/// The page that is one file. A build without this module has no such page, and says so.
const SINGLE: (&str, &str) = ("web-verify", "verify");

/// Names in the page: what looks at pictures is fetched when it is needed first, and its licence lies beside it.
const MODEL: &str = "picture.model";
const LICENCE: &str = "picture-licence.txt";

struct Wanted {
    modules: PathBuf,
    files: PathBuf,
    /// The folder with the model for pictures.
    model: PathBuf,
    to: PathBuf,
    /// Of brotli: 0 to 11.
    quality: u32,
}

fn main() -> ExitCode {
    match wanted().ok_or("pack --modules DIR --files DIR --model DIR --to DIR --quality N".into()).and_then(|wanted| pack(&wanted)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn wanted() -> Option<Wanted> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| words.chunks(2).find_map(|pair| (pair[0] == name).then(|| pair.get(1)).flatten());
    Some(Wanted {
        modules: value("--modules")?.into(),
        files: value("--files")?.into(),
        model: value("--model")?.into(),
        to: value("--to")?.into(),
        quality: value("--quality")?.parse().ok().filter(|quality| *quality <= 11)?,
    })
}

fn pack(wanted: &Wanted) -> Result<(), Box<dyn Error>> {
    let mut modules = Vec::new();
    for (built, name) in MODULES {
        modules.push((*name, files::read(&wanted.modules.join(built).with_extension("wasm"))?));
    }
    let (looks, multiply) = FOUR_AT_ONCE;
    if modules.iter().any(|(name, wasm)| *name == looks && !wasm.windows(multiply.len()).any(|bytes| bytes == multiply)) {
        return Err(format!("{looks} has no vector instructions: its level in the profile of the page (Cargo.toml) is another one").into());
    }
    let alone = wanted.modules.join(SINGLE.0).with_extension("wasm");
    let alone = if alone.exists() { Some(files::read(&alone)?) } else { None };
    modules.extend(alone.clone().map(|wasm| (SINGLE.1, wasm)));
    let mut plain = files::folder(&wanted.files)?;
    for (name, file) in [(MODEL, "mobilenet_v2.model"), (LICENCE, "LICENSE")] {
        plain.push((name.to_owned(), files::read(&wanted.model.join(file))?));
    }
    // Which rule comes later decides: in the order of the names.
    let style = files::folder(&wanted.files.join("style"))?.into_iter().flat_map(|(_, bytes)| bytes).collect();
    plain.push(("page.css".to_owned(), style));
    let made_of = page::made_of(&modules, &plain)?;
    if page::is_there(&wanted.to, &made_of, wanted.quality) {
        return Ok(());
    }
    let mut page = Page::default();
    let mut take = |name: &str| -> Result<String, Box<dyn Error>> {
        let at = plain.iter().position(|(other, _)| other == name).ok_or(format!("{name} is not there"))?;
        Ok(String::from_utf8(plain.remove(at).1)?)
    };
    let (template, style) = (take(single::TEMPLATE)?, take(single::STYLE)?);
    match alone {
        Some(wasm) => page.add_whole(single::TEMPLATE, single::page(&template, &style, &glue::glue(SINGLE.1, wasm, false)?)?),
        None => println!("without {}: {} was not built", single::TEMPLATE, SINGLE.0),
    }
    for (name, wasm) in modules.into_iter().filter(|(name, _)| *name != SINGLE.1) {
        let split = if name == IN_PARTS { Some(split::split(&wasm, &wanted.to.with_extension("parts"))?) } else { None };
        let mut glued = glue::glue(name, split.as_ref().map_or(wasm, |split| split.main.clone()), split.is_some())?;
        if let Some(split) = &split {
            let mut parts = BTreeMap::new();
            for (part, wasm) in &split.parts {
                parts.insert(part.clone(), page.add(&format!("{}.wasm", Split::called(part)), wasm.clone()));
            }
            glued.js = split.join(&glued.js, |part| parts.get(part).cloned())?;
            glue::refuse(name, &glued.js)?;
        }
        let wasm = page.add(&format!("{name}.wasm"), glued.wasm);
        page.add(&format!("{name}.js"), glue::starting(&glued.js, &wasm).into_bytes());
    }
    page.add_all(plain)?;
    page.write(&wanted.to, &made_of, wanted.quality)
}
