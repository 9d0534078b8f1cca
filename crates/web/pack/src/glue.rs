//! The JavaScript between a wasm module and the browser.

use std::error::Error;
use wasm_bindgen_cli_support::Bindgen;

pub struct Glued {
    pub js: String,
    pub wasm: Vec<u8>,
}

/// What the page's content security policy or trusted types would refuse at run time is refused here.
const FORBIDDEN: &[&str] = &[".innerHTML", ".outerHTML", ".insertAdjacentHTML", "document.write", "new Function(", "eval("];

/// `has_parts`: parts were taken out of it, and what they share with it is exported by names of the linker.
///
/// # Errors
/// The module was built for another version of wasm-bindgen, or its glue does what the page may not.
pub fn glue(name: &str, wasm: Vec<u8>, has_parts: bool) -> Result<Glued, Box<dyn Error>> {
    let mut output = Bindgen::new()
        .input_bytes(name, wasm)
        .web(true)?
        .typescript(false)
        // Without the path `init()` called with nothing fails; `starting` gives another, but a person who tries it by hand will not.
        .omit_default_module_path(false)
        .keep_lld_exports(has_parts)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .map_err(|error| format!("{name}: {error:#}"))?;
    if output.snippets().values().any(|scripts| !scripts.is_empty())
        || !output.local_modules().is_empty()
        || !output.npm_dependencies().is_empty()
    {
        return Err(format!("{name}: its glue needs scripts of its own, which have no place in the page").into());
    }
    let js = output.js().to_owned();
    refuse(name, &js)?;
    Ok(Glued { js, wasm: output.wasm_mut().emit_wasm() })
}

/// # Errors
/// The page's policies forbid something in it.
pub fn refuse(name: &str, js: &str) -> Result<(), Box<dyn Error>> {
    match FORBIDDEN.iter().find(|word| js.contains(**word)) {
        Some(word) => Err(format!("{name}: its glue has `{word}`, which trusted types forbid").into()),
        None => Ok(()),
    }
}

/// The glue, which also starts the module that lies beside it.
pub fn starting(js: &str, wasm: &str) -> String {
    let file = wasm.rsplit('/').next().unwrap_or(wasm);
    format!("{js}\n__wbg_init({{ module_or_path: new URL(\"{file}\", import.meta.url) }});\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glue_that_makes_html_or_scripts_from_text_is_refused() {
        for word in FORBIDDEN {
            let refused = refuse("web-ui", &format!("a(0);\n        arg0{word}'a', b);")).map_err(|error| error.to_string());
            assert_eq!(refused, Err(format!("web-ui: its glue has `{word}`, which trusted types forbid")));
        }
        assert!(refuse("web-ui", "x.textContent = y;").is_ok());
    }
}
