//! Taking a wizard's steps: all on the stage first, then one commit.
//!
//! In: planned steps. Out: the configuration with all of them, or an error and nothing changed.
//! Absent: steps on other machines.

use super::show;
use crate::check;
use crate::configure::load::{Method, load_text};
use crate::error::{Failure, Origin, Outcome};
use crate::levels::configure;
use crate::session::Session;
use crate::wizard::model::Verb;
use crate::wizard::plan::{Planned, lines};
use crate::wizard::values::Answers;

pub fn run(session: &mut Session, answers: &Answers, steps: Vec<Planned>) -> Outcome {
    let common = |name: &str| answers.common.get(name).map(String::as_str);
    let steps = match common("action") {
        None => steps,
        Some(number) => vec![chosen(steps, number)?],
    };
    if common("dry_run").is_some_and(|value| matches!(value, "yes" | "true" | "on" | "1")) {
        session.ui.print(&show::steps(&steps));
        return Ok(());
    }
    if let Some(name) = ["statefile", "user", "sudo"].into_iter().find(|name| common(name).is_some()) {
        return Err(Failure::refused(format!("`{name}` is not supported: steps on other machines are not taken")));
    }
    refuse_remote(&steps)?;
    let done = stage(session, &steps)
        .and_then(|()| check::before_commit(session, false))
        .and_then(|()| session.commit_stage().map(drop));
    session.drop_stage();
    done?;
    for step in &steps {
        session.ui.info(&step.short);
    }
    Ok(())
}

/// Whether the steps that change the configuration can be taken; nothing is kept. What rests on
/// steps elsewhere cannot be judged.
pub fn try_out(session: &mut Session, steps: &[Planned]) -> Outcome {
    if steps.iter().any(|step| step.verb != Verb::Cib) || session.is_changed() {
        return Ok(());
    }
    let tried = stage(session, steps);
    session.drop_stage();
    tried
}

fn chosen(mut steps: Vec<Planned>, number: &str) -> Outcome<Planned> {
    match number.parse::<usize>() {
        Ok(at) if (1..=steps.len()).contains(&at) => Ok(steps.swap_remove(at - 1)),
        _ => Err(Failure::usage(format!("`action={number}` is no step; there are {}", steps.len()))),
    }
}

fn refuse_remote(steps: &[Planned]) -> Outcome {
    let Some((at, step)) = steps.iter().enumerate().find(|(_, step)| !step.verb.is_local()) else { return Ok(()) };
    let what = step.text.lines().next().unwrap_or_default();
    let message =
        format!("step {} (`{}: {what}`) is not supported: it works on the machines", at + 1, step.verb.name());
    let local = steps.iter().position(|step| step.verb.is_local());
    let failure = Failure { kind: crate::error::Kind::Unsupported, ..Failure::refused(message) };
    Err(match local {
        Some(at) => {
            failure.hint(format!("nothing was changed; do it yourself, then take step {} with `action={0}`", at + 1))
        }
        None => failure.hint("nothing was changed; `dry_run=yes` shows what it would do"),
    })
}

fn stage(session: &mut Session, steps: &[Planned]) -> Outcome {
    for step in steps {
        let origin = Origin { name: format!("{} step", step.verb.name()), text: lines(&step.text) };
        match step.verb {
            Verb::Cib => {
                let mut document = session.stage()?.work().clone();
                load_text(session, &mut document, Method::Update, false, &origin)?;
                session.stage()?.put(&step.short, document);
            }
            _ => commands(session, origin)?,
        }
    }
    Ok(())
}

/// Commands of `configure` work on the stage like the statements do.
fn commands(session: &mut Session, origin: Origin) -> Outcome {
    for line in origin.text.lines() {
        let Some(command) = line.trim().strip_prefix("configure ") else {
            return Err(Failure::refused(format!("`crm: {line}` is not supported: only commands of `configure` are")));
        };
        let text = Origin { name: origin.name.clone(), text: command.to_string() };
        let outer = std::mem::replace(&mut session.origin, text.clone());
        let levels = std::mem::replace(&mut session.levels, vec![configure::LEVEL.name]);
        let (parsed, diagnostics) = quorate_grammar::line::lines(command);
        let done = match parsed.first().filter(|_| diagnostics.is_empty()) {
            Some(line) => configure::run(session, line),
            None => Err(Failure::input(diagnostics)),
        };
        session.origin = outer;
        session.levels = levels;
        done.map_err(|failure| failure.in_text(text))?;
    }
    Ok(())
}
