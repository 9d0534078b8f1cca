//! The `treehouse` program: a server, a client on the command line, and what an operator needs.

mod args;
mod chat;
mod evaluate;
mod help_lines;
mod home;
mod net;
mod print;
mod region;
mod serve;
mod shell;
mod terminal;
mod transfer;
mod verify;
mod words;

use args::{Cli, Command};
use clap::Parser as _;
use std::process::ExitCode;

/// Done.
const DONE: u8 = 0;
/// Refused or failed: one plain sentence on stderr says why and what to do next.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    // Wrong use ends inside `parse`, with exit code 2.
    let cli = Cli::parse();
    let outcome: Result<(), Box<dyn std::error::Error>> = match cli.command {
        Command::Chat(command) => chat::run(cli.home, command).map_err(Into::into),
        Command::Serve(args) => serve::run(args).map_err(Into::into),
        Command::Invite(args) => serve::invite::run(args).map_err(Into::into),
        Command::Admin(args) => serve::admin::run(args).map_err(Into::into),
        Command::Safety(args) => evaluate::run(cli.home, args).map_err(Into::into),
        Command::HelpLines(args) => {
            help_lines::run(cli.home, args);
            Ok(())
        }
        Command::Verify(args) => verify::run(cli.home, args).map_err(Into::into),
    };
    match outcome {
        Ok(()) => ExitCode::from(DONE),
        Err(error) => {
            // Some of it others said: the server, or who named a group.
            eprintln!("{}", terminal::safe(&error.to_string()));
            ExitCode::from(FAILED)
        }
    }
}
