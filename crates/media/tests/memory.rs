//! A photo is cleaned within the memory of a phone. Alone in its program, because the peak is the program's.
#![cfg(target_os = "linux")]

use media::clean::photo;
use std::fs::File;
use tools::{Folder, ffmpeg, tag, text};

mod tools;

/// What the program may have used at most, test harness included.
const PEAK_KIB: u64 = 16 * 1024;

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn a_photo_of_twelve_megapixels_is_turned_within_a_few_mebibytes() {
    let folder = Folder::new();
    let source = folder.path("source.jpg");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=4032x3024", "-frames:v", "1", "-q:v", "3", "-pix_fmt", "yuvj420p", text(&source)]);
    tag(&source, &["-IFD0:Orientation=6"]);
    let mut out = File::create(folder.path("out.jpg")).unwrap();
    let turned = photo(&mut File::open(&source).unwrap(), &mut out).unwrap();
    assert_eq!((turned.width, turned.height), (3024, 4032));
    assert!(peak_kib() < PEAK_KIB, "{} KiB", peak_kib());
}
