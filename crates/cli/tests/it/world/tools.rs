//! The programs that make and judge files, and how much memory ours takes.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

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

/// The most memory that a running process has had in use so far, in bytes; none once it has ended.
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
