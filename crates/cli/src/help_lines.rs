//! `treehouse help-lines`: whom to call, text or write to. Without an account, without a network.

use crate::args::Format;
use crate::home;
use crate::print;
use crate::region;
use safety::help::{Category, Entry, Field, Region, Way, shown_in};
use serde_json::json;
use std::path::PathBuf;

/// Whom to call, text or write to if something is wrong: without an account, without a network
#[derive(clap::Args)]
pub struct Args {
    /// Where you are; else what you chose in the settings, or the country of your language
    #[arg(long, value_name = "GB|IE|EU|US|CA|AU|NZ", value_parser = parse)]
    region: Option<Region>,
    #[command(flatten)]
    format: Format,
}

/// A code of a region, in capitals or not.
///
/// # Errors
/// There is no such region.
pub fn parse(code: &str) -> Result<Region, String> {
    let codes = || Region::ALL.map(Region::code).join(", ");
    Region::named(&code.to_uppercase()).ok_or_else(|| format!("there is help for {}", codes()))
}

pub fn run(home: Option<PathBuf>, args: Args) {
    let region = args.region.or_else(|| region::region(home::folder(home).as_deref()));
    let found = region.map(|region| shown_in(Some(region))).unwrap_or_default();
    if args.format.json {
        found.iter().for_each(|entry| print::json(&as_json(entry)));
        return;
    }
    println!("{}", region::in_danger(region));
    for (category, title) in TITLES {
        let of_it: Vec<&Entry> = found.iter().filter(|entry| entry.category == category).collect();
        if !of_it.is_empty() {
            println!("\n{title}");
            of_it.into_iter().for_each(one);
        }
    }
    if found.is_empty() {
        println!(
            "\nNobody here knows in which country you are: say it with --region, for one of {}.",
            Region::ALL.map(Region::code).join(", ")
        );
    } else {
        println!("\nA call may show in the list of calls on your phone, or on a bill. A text too.");
    }
}

/// In the order of need; danger stands above them.
const TITLES: [(Category, &str); 4] = [
    (Category::Talk, "Talk to someone"),
    (Category::Report, "Tell the police or a hotline"),
    (Category::Image, "A private picture: if there is one of you, it is not your fault"),
    (Category::Adult, "For adults"),
];

fn one(entry: &Entry) {
    let ages = entry.ages.as_ref().map(|ages| format!(" ({ages})")).unwrap_or_default();
    println!("  {}{ages}: {}", entry.name, entry.about);
    if let Some(limits) = &entry.limits {
        println!("      {limits}");
    }
    entry.fields.iter().for_each(|field| println!("      {}", way(field)));
}

fn way(field: &Field) -> String {
    let value = &field.value;
    match (field.way, &field.word) {
        (Way::Phone, _) => format!("call {value}"),
        (Way::Text, Some(word)) => format!("text {word} to {value}"),
        (Way::Text, None) => format!("text {value}"),
        (Way::Chat, _) => format!("chat at {value}"),
        (Way::Web, _) => value.clone(),
    }
}

fn as_json(entry: &Entry) -> serde_json::Value {
    let Entry { id, category, name, about, ages, limits, fields } = entry;
    let ways: Vec<_> = fields.iter().map(|field| json!({ "way": field.way.name(), "value": field.value, "word": field.word })).collect();
    json!({ "id": id, "category": category.name(), "name": name, "about": about, "ages": ages, "limits": limits, "ways": ways })
}
