//! The page that checks reports, as one file: module, script and style are in it, and its own policy lets in nothing else.

use crate::glue::Glued;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::error::Error;

/// What is made into one file, and what its style is called.
pub const TEMPLATE: &str = "verify.html";
pub const STYLE: &str = "verify.css";

/// Fills the template. Whatever is run or styles is named by its hash in the policy: there is no other way in, and no way out.
///
/// # Errors
/// The script would end too soon, or the template lacks a place.
pub fn page(template: &str, style: &str, glued: &Glued) -> Result<String, Box<dyn Error>> {
    let module = STANDARD.encode(&glued.wasm);
    let start = format!("\n__wbg_init({{ module_or_path: Uint8Array.from(atob(\"{module}\"), (letter) => letter.charCodeAt(0)) }});\n");
    let script = format!("{}{start}", glued.js);
    if script.contains("</script") || script.contains("<!--") || style.contains("</style") {
        return Err("verify.html: what is put into it would end its element".into());
    }
    let policy = format!(
        "default-src 'none'; script-src '{}' 'wasm-unsafe-eval'; style-src '{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(&script),
        hash(style)
    );
    let mut page = template.to_owned();
    for (place, text) in [("{{policy}}", policy.as_str()), ("{{style}}", style), ("{{script}}", &script)] {
        if page.matches(place).count() != 1 {
            return Err(format!("verify.html needs {place} once").into());
        }
        page = page.replace(place, text);
    }
    Ok(page)
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "<meta content=\"{{policy}}\"><style>{{style}}</style><script>{{script}}</script>";

    #[test]
    fn the_policy_names_what_stands_in_the_page_and_nothing_else() {
        let glued = Glued { js: "let a = 1;".into(), wasm: vec![0, 1, 2] };
        let page = page(TEMPLATE, "p { color: red }", &glued).unwrap();
        let script = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
        assert!(script.contains("atob(\"AAEC\")"));
        assert!(page.contains(&format!("script-src '{}' 'wasm-unsafe-eval'", hash(script))) && page.contains(&hash("p { color: red }")));
        assert!(page.contains("default-src 'none'") && !page.contains("unsafe-inline"));
    }

    #[test]
    fn what_would_end_its_element_is_refused() {
        for (js, style) in [("a = '</script>'", ""), ("<!-- x", ""), ("", "</style>")] {
            assert!(page(TEMPLATE, style, &Glued { js: js.into(), wasm: vec![] }).is_err());
        }
        assert!(page("{{policy}}{{style}}", "", &Glued { js: String::new(), wasm: vec![] }).is_err());
    }
}
