//! The programs that make and judge test files, and the picture that is drawn.
#![allow(dead_code)] // each test file uses its part

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a corner of the drawn picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    Red,
    Green,
    Blue,
    White,
}

pub use Corner::{Blue, Green, Red, White};

/// A folder of its own for one test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A picture of four quarters, red, green, blue and white from the top left, as PPM.
    pub fn drawing(&self, width: usize, height: usize) -> PathBuf {
        let mut ppm = format!("P6 {width} {height} 255\n").into_bytes();
        for (x, y) in (0..width * height).map(|place| (place % width, place / width)) {
            let shade = ((x * 7 + y * 5) % 24) as u8;
            ppm.extend(match (2 * x < width, 2 * y < height) {
                (true, true) => [200 + shade, shade, shade],
                (false, true) => [shade, 200 + shade, shade],
                (true, false) => [shade, shade, 200 + shade],
                (false, false) => [230 + shade; 3],
            });
        }
        self.write("drawing.ppm", &ppm)
    }

    /// The drawing in another format, by its ending.
    pub fn picture(&self, name: &str, width: usize, height: usize, options: &[&str]) -> PathBuf {
        let (from, to) = (self.drawing(width, height), self.path(name));
        ffmpeg(&[&["-i", text(&from)], options, &[text(&to)]].concat());
        to
    }

    /// Two seconds of picture and sound.
    pub fn film(&self, name: &str, options: &[&str]) -> PathBuf {
        let to = self.path(name);
        let picture = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=2"];
        let sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=2"];
        ffmpeg(&[&picture[..], &sound, options, &[text(&to)]].concat());
        to
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub fn ffmpeg(arguments: &[&str]) -> String {
    run("ffmpeg", "ffmpeg", &[&["-v", "error", "-y"], arguments].concat())
}

pub fn exiftool(arguments: &[&str]) -> String {
    run("exiftool", "libimage-exiftool-perl", arguments)
}

/// Writes tags into a file.
pub fn tag(path: &Path, tags: &[&str]) {
    exiftool(&[&["-q", "-overwrite_original", "-n"], tags, &[text(path)]].concat());
}

/// Every tag of a file, as `[group] name: value`; those of the tool itself and of the file system left out.
pub fn tags(path: &Path) -> Vec<String> {
    let all = exiftool(&["-a", "-u", "-s", "-G1", text(path)]);
    let line = |line: &str| {
        line.split_once(':').map(|(name, value)| format!("{}: {}", name.split_whitespace().collect::<Vec<_>>().join(" "), value.trim()))
    };
    all.lines().filter_map(line).filter(|line| !line.starts_with("[System]") && !line.starts_with("[ExifTool]")).collect()
}

fn run(program: &str, package: &str, arguments: &[&str]) -> String {
    let output = match Command::new(program).args(arguments).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("these tests make and judge their files with {program}: apt-get install -y {package}")
        }
        output => output.unwrap(),
    };
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A decoded picture, three bytes a pixel.
pub struct Decoded {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

impl Decoded {
    /// Decodes by a program that knows nothing of us, without turning.
    pub fn read(folder: &Folder, path: &Path) -> Self {
        let ppm = folder.path("decoded.ppm");
        ffmpeg(&["-noautorotate", "-i", text(path), "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "image2", text(&ppm)]);
        Self::from_ppm(&std::fs::read(ppm).unwrap())
    }

    fn from_ppm(ppm: &[u8]) -> Self {
        let mut fields = ppm.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut field = || fields.next().unwrap();
        assert_eq!(field(), b"P6");
        let number = |field: &[u8]| std::str::from_utf8(field).unwrap().parse().unwrap();
        let (width, height) = (number(field()), number(field()));
        let rgb = field().split_at(4).1.to_vec();
        assert_eq!(rgb.len(), width * height * 3);
        Self { width, height, rgb }
    }

    /// The corners from the top left to the bottom right, line by line.
    pub fn corners(&self) -> [Corner; 4] {
        let (right, bottom) = (self.width * 9 / 10, self.height * 9 / 10);
        [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(|(x, y)| {
            let at = 3 * ((y + self.height / 20) * self.width + x + self.width / 20);
            match [0, 1, 2].map(|channel| self.rgb[at + channel] > 128) {
                [true, false, false] => Red,
                [false, true, false] => Green,
                [false, false, true] => Blue,
                [true, true, true] => White,
                other => panic!("no corner of the drawing: {other:?}"),
            }
        })
    }

    /// The mean difference of all samples.
    pub fn difference(&self, other: &Self) -> f64 {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let sum: u64 = self.rgb.iter().zip(&other.rgb).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / self.rgb.len() as f64
    }
}
