//! What one does with this repository: `cargo xtask help` lists it.

mod bench;
mod browser;
mod build;
mod check;
mod fuzz;
mod house;
mod mutants;
mod page;
mod run;
mod setup;
mod sim;
mod stop;
mod test;
mod tidy;
mod wasm;

use house::House;
use std::process::ExitCode;
use stop::Stop;

/// Name, arguments and purpose of every command; documents may name no other.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("run", "[--data DIR] [--listen ADDR]", "build the program and start a server that is ready to use"),
    ("test", "[--long] [--lints] [FILTER]", "run every test, or those whose name contains FILTER"),
    ("check", "[--lints-later]", "formatting, lints, tidy tests, licences of dependencies"),
    ("tidy", "", "the tidy tests alone"),
    ("build", "", "build the program as it is shipped, the page in it"),
    ("bench", "[ARGUMENTS]", "measure, and print the table"),
    ("sim", "[--seeds N] [--seed S] [--minutes M] [--hostile yes]", "run the simulated world"),
    ("fuzz", "[TARGET] [--seconds N]", "give parsers and handlers bytes made to hurt, by libFuzzer"),
    ("mutants", "[NAME]", "break each rule of delivery and require that the simulated world notices"),
    ("setup", "", "install what building, testing and checking need"),
    ("help", "", "print this"),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            if !matches!(stop, Stop::TestsFailed) {
                eprintln!("{stop}");
            }
            ExitCode::from(stop.code())
        }
    }
}

fn dispatch(words: &[String]) -> Result<(), Stop> {
    let house = House::find();
    let (command, rest) = words.split_first().map_or(("help", words), |(first, rest)| (first.as_str(), rest));
    match command {
        "run" => run::run(&house, rest),
        "test" => test::test(&house, rest),
        "check" => check::check(&house, rest),
        "tidy" => none(rest).and_then(|()| tidy::tidy(&house)),
        "build" => none(rest).and_then(|()| build::build(&house)),
        "bench" => bench::bench(&house, rest),
        "sim" => sim::sim(&house, rest),
        "fuzz" => fuzz::fuzz(&house, rest),
        "mutants" => mutants::mutants(&house, rest),
        "setup" => none(rest).and_then(|()| setup::everything(&house)),
        "help" | "--help" | "-h" => {
            help();
            Ok(())
        }
        run::ANNOUNCE => run::announce(rest),
        _ => Err(Stop::WrongUse("There is no such command. `cargo xtask help` lists what there is.")),
    }
}

fn none(rest: &[String]) -> Result<(), Stop> {
    if rest.is_empty() { Ok(()) } else { Err(Stop::WrongUse("This command takes no arguments.")) }
}

fn help() {
    println!("cargo xtask COMMAND\n");
    for (name, arguments, purpose) in COMMANDS {
        println!("  {:<44}  {purpose}", format!("{name} {arguments}"));
    }
}
