//! Reports of one's own: what the safety team answered, and taking one back.

use super::{Failure, desk, device};
use crate::args::{Format, Own};
use crate::print;
use crate::shell::{Shell, now};
use crate::terminal::{flat, safe};
use view::{AnswerStands, OwnReport};

pub async fn run(shell: &mut Shell, what: Option<Own>, format: Format) -> Result<(), Failure> {
    desk::learn(shell).await?;
    match what {
        None => {
            let reports = shell.home.client.own_reports().map_err(|fault| device(&fault))?;
            list(&reports, format);
        }
        Some(Own::Send { number }) => {
            let file = shell.home.client.unsent_report(&number).map_err(|fault| device(&fault))??;
            super::report::bring(shell, file).await?;
        }
        Some(Own::Withdraw { number }) => {
            let seed = *super::report::seed()?;
            let file = shell.home.client.take_back(now(), seed, &number).map_err(|fault| device(&fault))??;
            desk::drop_in(shell, file).await?;
            let seed = *super::report::seed()?;
            shell.home.client.taken_back(now(), seed, &number).map_err(|fault| device(&fault))??;
            println!("taken back");
            eprintln!(
                "The safety team's program deletes the words when one of them looks next. What they did already, or wrote down elsewhere, stays."
            );
        }
    }
    Ok(())
}

fn list(reports: &[OwnReport], format: Format) {
    if reports.is_empty() && !format.json {
        println!("You have reported nothing to the safety team.");
    }
    for report in reports {
        if format.json {
            let answers: Vec<_> = report
                .answers
                .iter()
                .map(|answer| serde_json::json!({ "made_ms": answer.made_ms, "stands": answer.stands.name(), "words": answer.words }))
                .collect();
            let line = serde_json::json!({
                "report": report.number, "made_ms": report.made_ms, "sent": !report.unsent, "taken_back": report.taken_back, "answers": answers,
            });
            print::json(&line);
            continue;
        }
        let made = report.made_ms.map(print::time).unwrap_or_default();
        let stands = match () {
            () if report.taken_back => "  taken back",
            () if report.unsent => "  NOT SENT YET: treehouse reports send NUMBER",
            () => "",
        };
        println!("{}  {made}{stands}", flat(&report.number));
        for answer in &report.answers {
            println!("  {}  {}", print::time(answer.made_ms), says(answer.stands));
            for line in safe(&answer.words).lines() {
                println!("    | {line}");
            }
        }
    }
}

fn says(stands: AnswerStands) -> &'static str {
    match stands {
        AnswerStands::Seen => "somebody has read it",
        AnswerStands::Looking => "it is being looked at",
        AnswerStands::Closed => "they are done with it",
        AnswerStands::Refused => "they do nothing about it",
        AnswerStands::Acted => "they did something because of it",
        AnswerStands::TakenBack => "it was taken back and its words are deleted",
        AnswerStands::TakenBackLate => "it was taken back and its words are deleted; what they had done before stays",
    }
}
