//! Scores that nodes say in colours.
//!
//! In: the health strategy, a text. Out: its score.

use crate::cib::model::options::HealthStrategy;
use crate::scheduler::resolve::Situation;
use crate::score::Score;

/// What the colours mean under a strategy: red, yellow, green.
pub fn colours(situation: &Situation) -> (Score, Score, Score) {
    let options = &situation.options;
    match options.health_strategy {
        HealthStrategy::None => (Score::ZERO, Score::ZERO, Score::ZERO),
        HealthStrategy::MigrateOnRed => (Score::MINUS_INFINITY, Score::ZERO, Score::ZERO),
        HealthStrategy::OnlyGreen => (Score::MINUS_INFINITY, Score::MINUS_INFINITY, Score::ZERO),
        HealthStrategy::Progressive | HealthStrategy::Custom => {
            (options.health_red, options.health_yellow, options.health_green)
        }
    }
}

/// A score, where the colours count too.
pub fn score_or_colour(situation: &Situation, text: &str) -> Option<Score> {
    let (red, yellow, green) = colours(situation);
    match text.to_ascii_lowercase().as_str() {
        "red" => Some(red),
        "yellow" => Some(yellow),
        "green" => Some(green),
        _ => Score::parse(text),
    }
}
