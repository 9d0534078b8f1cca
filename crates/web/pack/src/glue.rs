//! The JavaScript between a wasm module and the browser.

use std::error::Error;
use wasm_bindgen_cli_support::Bindgen;

pub struct Glued {
    pub js: String,
    pub wasm: Vec<u8>,
}

/// What the page's content security policy or trusted types would refuse at run time is refused here.
const FORBIDDEN: &[&str] = &[".innerHTML", ".outerHTML", ".insertAdjacentHTML", "document.write", "new Function(", "eval("];

/// # Errors
/// The module was built for another version of wasm-bindgen, or its glue does what the page may not.
pub fn glue(name: &str, wasm: Vec<u8>) -> Result<Glued, Box<dyn Error>> {
    let mut output = Bindgen::new()
        .input_bytes(name, wasm)
        .web(true)?
        .typescript(false)
        // Without the path `init()` called with nothing fails; `starting` gives another, but a person who tries it by hand will not.
        .omit_default_module_path(false)
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
    let js = without_html(output.js());
    if let Some(word) = FORBIDDEN.iter().find(|word| js.contains(**word)) {
        return Err(format!("{name}: its glue has `{word}`, which trusted types forbid").into());
    }
    Ok(Glued { js, wasm: output.wasm_mut().emit_wasm() })
}

/// Leptos can set HTML from text and brings the call along, though nothing of ours makes it: the call is taken out of the page.
fn without_html(js: &str) -> String {
    let lines =
        js.lines().map(|line| if line.contains(".innerHTML = ") { "        throw new TypeError(\"no HTML from text\");" } else { line });
    lines.collect::<Vec<_>>().join("\n")
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
    fn html_from_text_is_taken_out_and_nothing_else() {
        let js = "a(0);\n        arg0.innerHTML = getStringFromWasm0(arg1, arg2);\nb(1);";
        assert_eq!(without_html(js), "a(0);\n        throw new TypeError(\"no HTML from text\");\nb(1);");
        assert_eq!(without_html("x.textContent = y;"), "x.textContent = y;");
        // Another way to it stays, and is refused.
        assert!(FORBIDDEN.iter().any(|word| without_html("x.insertAdjacentHTML('a', b);").contains(word)));
    }
}
