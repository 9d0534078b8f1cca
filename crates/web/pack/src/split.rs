//! What a module does not need at once, in files of its own: it is marked in the source (`crates/web/ui/src/rest.rs`), and taken out here.

use crate::files;
use std::error::Error;
use std::path::Path;
use wasm_split_cli_support::{Options, transform};

/// The name of the script that fetches them, as the module imports it.
const LINK: &str = "./split.js";
/// What the files are called that come out.
const PART: &str = "split_";

pub struct Split {
    /// The module without them.
    pub main: Vec<u8>,
    /// The script.
    script: String,
    /// Each by its name.
    pub parts: Vec<(String, Vec<u8>)>,
}

/// # Errors
/// The module was not linked so that it can be taken apart, or was built for another version of what does it.
pub fn split(module: &[u8], workshop: &Path) -> Result<Split, Box<dyn Error>> {
    if workshop.exists() {
        std::fs::remove_dir_all(workshop)?;
    }
    std::fs::create_dir_all(workshop)?;
    let main = workshop.join("main.wasm");
    let mut options = Options::new(module);
    (options.output_dir, options.main_out_path, options.link_name) = (workshop, &main, LINK);
    let made = transform(options).map_err(|error| format!("taking parts out of the module: {error:#}"))?;
    let mut parts = Vec::new();
    for path in made.split_modules {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        parts.push((name, bare(&files::read(&path)?)?));
    }
    let script = String::from_utf8(files::read(&workshop.join(LINK))?)?;
    let main = files::read(&main)?;
    std::fs::remove_dir_all(workshop)?;
    Ok(Split { main, script, parts })
}

/// A module without what no browser reads: names of functions are a third of it.
fn bare(wasm: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut out = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let Some((id, range)) = payload?.as_section()
            && id != wasm_encoder::SectionId::Custom as u8
        {
            out.section(&wasm_encoder::RawSection { id, data: &wasm[range.start as usize..range.end as usize] });
        }
    }
    Ok(out.finish())
}

impl Split {
    /// What a part is called in the page.
    pub fn called(part: &str) -> &str {
        part.strip_prefix(PART).unwrap_or(part)
    }

    /// The glue with the script in it: each imports the other, and both are named by what is in them. `address` gives that of a part.
    ///
    /// # Errors
    /// One of them is not as this version of their makers writes it.
    pub fn join(&self, glue: &str, address: impl Fn(&str) -> Option<String>) -> Result<String, Box<dyn Error>> {
        let begins = glue.find("import * as ").ok_or("the glue does not import the script that fetches parts")?;
        let line = glue[begins..].lines().next().unwrap_or_default();
        let name = line.strip_prefix("import * as ").and_then(|rest| rest.strip_suffix(&format!(" from \"{LINK}\"")));
        let name = name.ok_or(format!("the glue imports something else: {line}"))?;
        let (first, script) = self.script.split_once('\n').ok_or("the script that fetches parts is empty")?;
        if first != "import { initSync } from \"./main.js\";" {
            return Err(format!("the script that fetches parts begins otherwise: {first}").into());
        }
        let mut script = script.to_owned();
        for (part, _) in &self.parts {
            let path = address(part).ok_or(format!("{part} is not in the page"))?;
            let named = format!("\"./{part}.wasm\"");
            if !script.contains(&named) {
                return Err(format!("the script that fetches parts does not name {part}").into());
            }
            script = script.replace(&named, &format!("\"{path}\""));
        }
        let given: Vec<&str> =
            script.lines().filter_map(|line| line.strip_prefix("export const ")?.split_once(" = ")).map(|(name, _)| name).collect();
        let given = given.join(", ");
        let script = script.replace("export const ", "const ");
        Ok(format!("{}const {name} = (() => {{\n{script}return {{ {given} }};\n}})();{}", &glue[..begins], &glue[begins + line.len()..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_with(script: &str) -> Split {
        Split { main: vec![], script: script.into(), parts: vec![("split_rest".into(), vec![])] }
    }

    const SCRIPT: &str =
        "import { initSync } from \"./main.js\";\nfetch(new URL(\"./split_rest.wasm\", import.meta.url));\nexport const load_rest = go;\n";

    #[test]
    fn the_script_that_fetches_parts_is_put_into_the_glue_under_their_addresses() {
        let glue = "let a;\nimport * as import1 from \"./split.js\"\nuse(import1.load_rest);\n";
        let joined = split_with(SCRIPT).join(glue, |part| Some(format!("/assets/{}-1.wasm", Split::called(part)))).unwrap();
        let inside = "fetch(new URL(\"/assets/rest-1.wasm\", import.meta.url));\nconst load_rest = go;\nreturn { load_rest };\n";
        assert_eq!(joined, format!("let a;\nconst import1 = (() => {{\n{inside}}})();\nuse(import1.load_rest);\n"));
    }

    #[test]
    fn glue_or_a_script_of_another_form_is_refused() {
        let unnamed = "import { initSync } from \"./main.js\";\n";
        assert!(split_with(unnamed).join("import * as a from \"./split.js\"\n", |_| Some(String::new())).is_err());
        let address = |_: &str| Some(String::new());
        assert!(split_with(SCRIPT).join("no import", address).is_err());
        assert!(split_with(SCRIPT).join("import * as a from \"./other.js\"\n", address).is_err());
        assert!(split_with("import x from y;\n").join("import * as a from \"./split.js\"\n", address).is_err());
        assert!(split_with(SCRIPT).join("import * as a from \"./split.js\"\n", |_| None).is_err());
    }

    #[test]
    fn a_part_keeps_what_a_browser_reads_and_loses_names() {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let without = module.clone().finish();
        module.section(&wasm_encoder::CustomSection { name: "name".into(), data: [1, 2, 3].as_slice().into() });
        let with = module.finish();
        assert!(with.len() > without.len());
        assert_eq!(bare(&with).unwrap(), without);
        assert!(bare(b"no wasm").is_err());
    }
}
