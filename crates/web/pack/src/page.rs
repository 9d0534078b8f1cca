//! The page as files: each named by the hash of what is in it, so that a browser keeps it for good, but for those at the root, which name them.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

const INDEX: &str = "index.html";
/// Files that browsers look for at one place only. They may name all others, and `{{files}}` is the list of those, `{{version}}` a hash of it.
const AT_THE_ROOT: &[&str] = &["sw.js", "manifest.webmanifest", "bye.html", INDEX];
/// What a page does without until it is needed first begins so.
const ON_NEED: &[&str] = &["picture", "scan", "icon-"];
/// One line a file: path, SHA-256, bytes, bytes as brotli.
const LIST: &str = "list.txt";
/// What the page was made of, and how well it was compressed.
const STAMP: &str = "made-of.txt";
/// 80 bits of the hash: enough that no two files meet.
const NAME_BYTES: usize = 10;

#[derive(Default)]
pub struct Page {
    /// By path from the page's root.
    files: BTreeMap<String, Vec<u8>>,
    /// From plain names to paths.
    names: BTreeMap<String, String>,
}

impl Page {
    /// Adds a file under its hashed name; the answer is its address.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>) -> String {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let path = format!("/assets/{stem}-{}.{ending}", hex(&Sha256::digest(&bytes)[..NAME_BYTES]));
        self.names.insert(name.to_owned(), path.clone());
        self.files.insert(path.clone(), bytes);
        path
    }

    /// Adds a file at the root that names nothing.
    pub fn add_whole(&mut self, name: &str, text: String) {
        self.files.insert(format!("/{name}"), text.into_bytes());
    }

    /// Adds plain files. Style sheets may name files that are none, and those at the root may name all: `{{NAME}}`.
    ///
    /// # Errors
    /// One names what is not there.
    pub fn add_all(&mut self, mut plain: Vec<(String, Vec<u8>)>) -> Result<(), Box<dyn Error>> {
        let at_the_root = |name: &str| AT_THE_ROOT.contains(&name);
        plain.sort_by_key(|(name, _)| (at_the_root(name), name.ends_with(".css")));
        for (name, bytes) in plain {
            if at_the_root(&name) {
                let filled = self.fill(&name, bytes)?;
                self.files.insert(format!("/{name}"), filled);
            } else if name.ends_with(".css") {
                let filled = self.fill(&name, bytes)?;
                self.add(&name, filled);
            } else {
                self.add(&name, bytes);
            }
        }
        Ok(())
    }

    fn fill(&self, name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Box<dyn Error>> {
        let text = String::from_utf8(bytes)?;
        let mut pieces = text.split("{{");
        let mut filled = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (wanted, rest) = piece.split_once("}}").ok_or(format!("{name}: `{{{{` without its end"))?;
            let path = match wanted {
                "files" => Some(self.listed()),
                "version" => Some(hex(&Sha256::digest(self.listed())[..NAME_BYTES])),
                _ => self.names.get(wanted).cloned(),
            };
            filled.push_str(&path.ok_or_else(|| format!("{name} names {wanted}, which is not there"))?);
            filled.push_str(rest);
        }
        Ok(filled.into_bytes())
    }

    /// The addresses of all that have a hashed name and are wanted at once, as a script writes them.
    fn listed(&self) -> String {
        let at_once = self.names.iter().filter(|(name, _)| !ON_NEED.iter().any(|begin| name.starts_with(begin)));
        at_once.map(|(_, path)| path).map(|path| format!("\"{path}\"")).collect::<Vec<_>>().join(", ")
    }

    /// Writes everything beside the place where it belongs, then moves it there.
    ///
    /// # Errors
    /// The disk failed; what was there before may be gone.
    pub fn write(&self, to: &Path, made_of: &str, quality: u32) -> Result<(), Box<dyn Error>> {
        let draft = to.with_extension("new");
        remove(&draft)?;
        let (mut list, mut sum, mut small) = (String::new(), 0, 0);
        for (path, bytes) in &self.files {
            let file = inside(&draft, path);
            fs::create_dir_all(file.parent().unwrap_or(&draft))?;
            fs::write(&file, bytes)?;
            let brotli = compress(bytes, quality)?;
            fs::write(inside(&draft, &format!("{path}.br")), &brotli)?;
            let line = format!("{path} {} {} {}\n", hex(&Sha256::digest(bytes)), bytes.len(), brotli.len());
            println!("{:>9.1} kB {:>8.1} kB brotli  {path}", bytes.len() as f64 / 1e3, brotli.len() as f64 / 1e3);
            (sum, small) = (sum + bytes.len(), small + brotli.len());
            list.push_str(&line);
        }
        println!("{:>9.1} kB {:>8.1} kB brotli  in all", sum as f64 / 1e3, small as f64 / 1e3);
        fs::write(draft.join(LIST), list)?;
        fs::write(draft.join(STAMP), format!("{made_of} {quality}\n"))?;
        remove(to)?;
        fs::rename(&draft, to)?;
        Ok(())
    }
}

/// A hash of all that a page is made of, this program included.
///
/// # Errors
/// This program cannot be read.
pub fn made_of(modules: &[(&str, Vec<u8>)], plain: &[(String, Vec<u8>)]) -> Result<String, Box<dyn Error>> {
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(fs::read(std::env::current_exe()?)?));
    let modules = modules.iter().map(|(name, bytes)| (*name, bytes));
    for (name, bytes) in modules.chain(plain.iter().map(|(name, bytes)| (name.as_str(), bytes))) {
        hash.update(Sha256::digest(name));
        hash.update(Sha256::digest(bytes));
    }
    Ok(hex(&hash.finalize()))
}

/// Whether this very page lies there already, compressed as well or better.
pub fn is_there(to: &Path, made_of: &str, quality: u32) -> bool {
    let stamp = fs::read_to_string(to.join(STAMP)).unwrap_or_default();
    let known = stamp.trim().split_once(' ').and_then(|(hash, known)| Some((hash, known.parse::<u32>().ok()?)));
    known.is_some_and(|(hash, known)| hash == made_of && known >= quality)
}

fn compress(bytes: &[u8], quality: u32) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: quality as i32, lgwin: 24, size_hint: bytes.len(), ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters)?;
    Ok(out)
}

fn inside(folder: &Path, path: &str) -> PathBuf {
    folder.join(path.trim_start_matches('/'))
}

fn remove(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(files: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn files_are_named_by_what_is_in_them_and_the_index_names_them() {
        let mut page = Page::default();
        page.add_all(plain(&[("index.html", "<a {{a.css}}>"), ("a.css", "x {{b.svg}}"), ("b.svg", "picture")])).unwrap();
        let svg = page.names["b.svg"].clone();
        assert!(svg.starts_with("/assets/b-") && svg.ends_with(".svg") && svg.len() == "/assets/b-.svg".len() + 2 * NAME_BYTES);
        assert_eq!(page.files[&page.names["a.css"]], format!("x {svg}").into_bytes());
        assert_eq!(page.files["/index.html"], format!("<a {}>", page.names["a.css"]).into_bytes());
    }

    #[test]
    fn a_name_that_is_not_there_is_an_error() {
        for text in ["{{missing.js}}", "{{never closed"] {
            assert!(Page::default().add_all(plain(&[("index.html", text)])).is_err());
        }
    }

    #[test]
    fn a_page_that_is_there_is_known_by_its_parts_and_its_quality() {
        let folder = std::env::temp_dir().join(format!("pack-{}", std::process::id())).join("page");
        let mut page = Page::default();
        page.add("a.txt", b"hello hello hello".to_vec());
        page.write(&folder, "parts", 5).unwrap();
        assert!(is_there(&folder, "parts", 5) && is_there(&folder, "parts", 4));
        assert!(!is_there(&folder, "parts", 11) && !is_there(&folder, "others", 5));
        assert!(fs::read_to_string(folder.join(LIST)).unwrap().starts_with("/assets/a-"));
        fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    }
}
