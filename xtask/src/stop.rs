//! Why a command ended early, and what to do next.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug)]
pub enum Stop {
    /// We were misused.
    WrongUse(&'static str),
    /// A step ran and failed; it has said why itself.
    StepFailed(&'static str),
    /// The tidy tests found this many things.
    Untidy(usize),
    /// Tests failed. The sum, which is to be the last line, is printed already.
    TestsFailed,
    /// These Debian packages are missing and cannot be installed by us.
    Missing(Vec<&'static str>),
    /// Somebody listens there already.
    InUse(SocketAddr),
    /// The server did not answer in time.
    NotReady(SocketAddr),
    /// A program could not be started.
    CannotStart(String, io::Error),
    /// A file could not be read or written.
    CannotUse(PathBuf, io::Error),
}

impl Stop {
    /// 1: refused or failed, 2: wrong use; as the program does.
    pub fn code(&self) -> u8 {
        match self {
            Stop::WrongUse(_) => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::WrongUse(why) => f.write_str(why),
            Stop::StepFailed(step) => write!(f, "Failed: {step}. The reason stands above."),
            Stop::Untidy(1) => f.write_str("Failed: tidy, with the finding above."),
            Stop::Untidy(count) => write!(f, "Failed: tidy, with the {count} findings above."),
            Stop::TestsFailed => f.write_str("tests failed"),
            Stop::Missing(packages) => {
                write!(f, "Missing on this machine: {}. Install them as root and run this again:\n\n", packages.join(", "))?;
                writeln!(f, "  apt-get install -y --no-install-recommends {}", packages.join(" "))
            }
            Stop::InUse(address) => {
                write!(
                    f,
                    "Something listens on {address} already. Stop it, or choose another address: cargo xtask run --listen 127.0.0.1:PORT"
                )
            }
            Stop::NotReady(address) => write!(f, "The server did not answer on {address} in time; its own lines above may say why."),
            Stop::CannotStart(program, error) => write!(f, "{program} could not be started: {error}."),
            Stop::CannotUse(path, error) => write!(f, "{}: {error}.", path.display()),
        }
    }
}
