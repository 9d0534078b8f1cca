//! The page, put into the program by `build.rs` if it was there then.

use server::shell::{Page, PageFile};

pub const PAGE: Page = Page(FILES);

include!(concat!(env!("OUT_DIR"), "/page.rs"));
