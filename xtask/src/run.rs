//! A server on this machine that is ready to use, and what to type to chat over it.

use crate::house::{House, cannot_start};
use crate::stop::Stop;
use crate::{build, setup};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Our own name for the process that waits for the server and then tells people what to type.
pub const ANNOUNCE: &str = "announce-when-ready";

/// The same at every start: homes remember the address they signed up at.
const LISTEN: &str = "127.0.0.1:8417";
const READY_WITHIN: Duration = Duration::from_secs(30);
const ASK_AGAIN: Duration = Duration::from_millis(50);

struct Wanted {
    data: PathBuf,
    listen: SocketAddr,
}

/// Builds the program and becomes the server; comes back only with an error.
pub fn run(house: &House, arguments: &[String]) -> Result<(), Stop> {
    let wanted = wanted(house, arguments)?;
    setup::building(house)?;
    let program = build::program(house)?;
    let server_data = wanted.data.join("server");
    std::fs::create_dir_all(&server_data).map_err(|error| Stop::CannotUse(server_data.clone(), error))?;
    // Asked before the server starts: else another one's answer would be taken for ours.
    TcpListener::bind(wanted.listen).map_err(|_| Stop::InUse(wanted.listen))?;

    let listen = wanted.listen.to_string();
    let own = std::env::current_exe().map_err(|error| Stop::CannotStart("xtask".to_owned(), error))?;
    let mut announcer = Command::new(own);
    announcer.arg(ANNOUNCE).arg(&listen).arg(&program).arg(&wanted.data);
    announcer.spawn().map_err(|error| cannot_start(&announcer, error))?;
    // The server takes our place, so that Ctrl-C and a plain kill reach it.
    let mut server = Command::new(program);
    server.arg("serve").arg("--data").arg(&server_data).args(["--listen", &listen]);
    let error = server.exec();
    Err(cannot_start(&server, error))
}

fn wanted(house: &House, arguments: &[String]) -> Result<Wanted, Stop> {
    const USE: Stop = Stop::WrongUse("cargo xtask run [--data DIR] [--listen ADDR]");
    let mut data = house.root.join("target/run-data");
    let mut listen = LISTEN.to_owned();
    for pair in arguments.chunks(2) {
        match pair {
            [flag, value] if flag == "--data" => data = std::path::absolute(value).map_err(|error| Stop::CannotUse(value.into(), error))?,
            [flag, value] if flag == "--listen" => listen.clone_from(value),
            _ => return Err(USE),
        }
    }
    let listen = listen.parse().map_err(|_| Stop::WrongUse("--listen takes an address and a port, for example 127.0.0.1:8417."))?;
    Ok(Wanted { data, listen })
}

/// Waits for the server and prints what to type.
pub fn announce(arguments: &[String]) -> Result<(), Stop> {
    const USE: Stop = Stop::WrongUse("`cargo xtask run` starts this.");
    let [listen, program, data] = arguments else { return Err(USE) };
    let listen = listen.parse().map_err(|_| USE)?;
    let (begun, server) = (Instant::now(), parent_id());
    while !healthy(listen) {
        // The server ended and has said why.
        if parent_id() != server {
            return Ok(());
        }
        if begun.elapsed() > READY_WITHIN {
            return Err(Stop::NotReady(listen));
        }
        std::thread::sleep(ASK_AGAIN);
    }
    println!("{}", instructions(listen, Path::new(program), Path::new(data)));
    Ok(())
}

fn healthy(listen: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&listen, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        // In one piece: whoever answers the first of several and closes takes its answer back.
        let asked = format!("GET /healthz HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n");
        stream.write_all(asked.as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// What to type, as printed; a test holds it against the program's help.
pub fn instructions(listen: SocketAddr, program: &Path, data: &Path) -> String {
    let programs = program.parent().unwrap_or(program).display();
    let home = |name: &str| data.join(name).display().to_string();
    format!(
        r#"
Ready: http://{listen}/ is the page, for a browser on this machine. Ctrl-C stops the server; its data and the two homes stay in {data}.

On the command line, Alice, in a second terminal:
  export PATH="{programs}:$PATH" TREEHOUSE_HOME="{alice}"
  treehouse signup alice --server http://{listen}
  treehouse link --for Bob

Bob, in a third, with the link that Alice got in place of LINK:
  export PATH="{programs}:$PATH" TREEHOUSE_HOME="{bob}"
  treehouse signup bob --server http://{listen}
  treehouse add 'LINK'

Alice, with the id that the first two lines show in place of ID (a request takes up to 20 seconds to arrive, so that its time tells nothing):
  treehouse sync
  treehouse requests
  treehouse requests accept ID
  treehouse send bob "Hello Bob"

Bob:
  treehouse sync
  treehouse send alice "Hello Alice"
  treehouse send alice --file PATH --caption "Look"
  treehouse read alice --follow
"#,
        data = data.display(),
        alice = home("alice"),
        bob = home("bob"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house() -> House {
        House { root: PathBuf::from("/repository"), lints: false }
    }

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn an_address_and_a_folder_can_be_chosen() -> Result<(), Stop> {
        let wanted = wanted(&house(), &words("--listen 127.0.0.1:9000 --data /srv/try"))?;
        assert_eq!((wanted.listen.port(), wanted.data), (9000, PathBuf::from("/srv/try")));
        Ok(())
    }

    #[test]
    fn a_flag_without_its_value_is_wrong_use() {
        assert!(matches!(wanted(&house(), &words("--data")), Err(Stop::WrongUse(_))));
    }

    #[test]
    fn a_listen_address_without_a_port_is_wrong_use() {
        assert!(matches!(wanted(&house(), &words("--listen 127.0.0.1")), Err(Stop::WrongUse(_))));
    }

    #[test]
    fn a_server_that_is_not_there_is_not_healthy() -> std::io::Result<()> {
        let gone = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        assert!(!healthy(gone));
        Ok(())
    }

    #[test]
    fn only_a_good_answer_is_healthy() -> std::io::Result<()> {
        for (answer, expected) in [("HTTP/1.1 200 OK\r\n\r\n", true), ("HTTP/1.1 503 Service Unavailable\r\n\r\n", false)] {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let address = listener.local_addr()?;
            let server = std::thread::spawn(move || -> std::io::Result<()> {
                let (mut stream, _) = listener.accept()?;
                let mut asked = [0; 512];
                let _ = stream.read(&mut asked)?;
                stream.write_all(answer.as_bytes())
            });
            assert_eq!(healthy(address), expected);
            server.join().expect("the server thread ends")?;
        }
        Ok(())
    }
}
