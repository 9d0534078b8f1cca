//! A server of a test's own, on a port that the system chose.

use super::{Disk, Outcome, PROGRAM, folder, until};
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server, or one between two lives. Killed and deleted at the end.
pub struct Server {
    dir: tempfile::TempDir,
    /// Where its data lies, if it has a disk of its own.
    pub disk: Option<Disk>,
    options: Vec<String>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    address: SocketAddr,
    keeper: Child,
}

impl Server {
    pub fn start(options: &[&str]) -> Self {
        let mut server = Self { dir: folder(), disk: None, options: options.iter().map(|&text| text.to_owned()).collect(), running: None };
        server.again();
        server
    }

    /// On a disk of its own.
    pub fn on(disk: Disk) -> Self {
        let mut server = Self { dir: folder(), disk: Some(disk), options: vec![], running: None };
        server.again();
        server
    }

    /// Over data that is there already.
    pub fn over(data: &Path) -> Self {
        let mut server = Self { dir: folder(), disk: None, options: vec![], running: None };
        fs::rename(data, server.data()).unwrap();
        server.again();
        server
    }

    pub fn data(&self) -> PathBuf {
        self.disk.as_ref().map_or(self.dir.path(), Disk::path).join("data")
    }

    /// The program on this server's disk.
    pub fn program(&self, arguments: &[&str]) -> Command {
        match &self.disk {
            Some(disk) => disk.command(arguments),
            None => {
                let mut command = Command::new(PROGRAM);
                command.args(arguments).env_remove("TREEHOUSE_HOME").env_remove("TREEHOUSE_LOG");
                command
            }
        }
    }

    /// Its process.
    pub fn process(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    /// How it ended by itself.
    pub fn ended(&mut self) -> Option<i32> {
        let mut running = self.running.take()?;
        let code = running.child.wait().unwrap().code();
        running.keeper.kill().unwrap();
        running.keeper.wait().unwrap();
        code
    }

    pub fn data_text(&self) -> String {
        self.data().to_str().unwrap().to_owned()
    }

    pub fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// A folder that goes with the server's.
    pub fn folder(&self) -> tempfile::TempDir {
        tempfile::tempdir_in(self.dir.path()).unwrap()
    }

    pub fn command(data: &Path, listen: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--listen", listen, "--data"]).arg(data).env_remove("TREEHOUSE_HOME").env("TREEHOUSE_LOG", "trace");
        command
    }

    /// Starts it once more over the same data.
    pub fn again(&mut self) {
        assert!(self.running.is_none());
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.program(&["serve", "--listen", "127.0.0.1:0", "--data", &self.data_text()]);
        command.env("TREEHOUSE_LOG", "trace");
        let mut child = command.args(&self.options).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(address) = line.trim().strip_prefix("Treehouse is ready at http://") else {
            panic!("the server said {line:?}: {}", fs::read_to_string(self.log()).unwrap());
        };
        let address = address.parse().unwrap();
        let keeper = keeper(child.id(), self.dir.path());
        self.running = Some(Running { child, address, keeper });
    }

    pub fn address(&self) -> SocketAddr {
        self.running.as_ref().unwrap().address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// As its operator would.
    pub fn stop(&mut self) {
        let mut running = self.running.take().unwrap();
        let asked = Command::new("kill").args(["-TERM", &running.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        assert!(running.child.wait().unwrap().success(), "a server that is asked to end ends well");
        running.keeper.kill().unwrap();
        running.keeper.wait().unwrap();
    }

    /// As a power cut would.
    pub fn kill(&mut self) {
        let mut running = self.running.take().unwrap();
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        running.keeper.kill().unwrap();
        running.keeper.wait().unwrap();
    }

    pub fn admin(&self, what: &str, arguments: &[&str]) -> Outcome {
        Outcome::of(&mut self.program(&[&["admin", what, "--data", &self.data_text()], arguments].concat()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

/// Ends a server that outlives the test program: what is shared by all tests is never dropped. Sees the end by its closed input.
fn keeper(server: u32, dir: &Path) -> Child {
    let script = r#"read -r _; kill -9 "$0"; rm -rf -- "$1""#;
    let mut command = Command::new("sh");
    command.args(["-c", script, &server.to_string()]).arg(dir);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The status that the server answers to a GET.
pub fn http_status(address: SocketAddr, path: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The body that the server answers to a GET.
pub fn http_get(address: SocketAddr, path: &str) -> String {
    until("an answer over HTTP", || {
        let mut stream = TcpStream::connect(address).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    })
}
