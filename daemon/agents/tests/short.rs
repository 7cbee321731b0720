//! A host that is short of descriptors for a moment. Alone in its program: all its threads are short of them.
#![allow(clippy::unwrap_used)]

use quorate_agents::host::Environment;
use quorate_agents::program::{self, Call, End};
use quorate_agents::register::Register;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

fn call(environment: &Environment, timeout: Duration) -> Call<'_> {
    let (arguments, input, purpose) = (Vec::new(), String::new(), "r monitor".into());
    Call { program: Path::new("/bin/true"), arguments, environment, input, timeout, purpose, run_as: None }
}

#[test]
fn what_is_short_for_a_moment_is_waited_for_and_what_stays_short_is_said() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let environment = Environment::new();
    let register = Register::default();
    // The runtime takes what it needs for children once.
    let run = |timeout| runtime.block_on(program::run(call(&environment, timeout), &register)).end;
    assert_eq!(run(Duration::from_secs(10)), End::Exited(0));

    let all: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    let End::NotRun(obstacle) = run(Duration::from_millis(300)) else { panic!("there are descriptors left") };
    assert!(obstacle.words.contains("Too many open files"), "{obstacle:?}");

    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(all);
    });
    assert_eq!(run(Duration::from_secs(60)), End::Exited(0));
    release.join().unwrap();
}
