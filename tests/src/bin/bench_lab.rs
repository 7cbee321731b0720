//! `bench_lab [ROW…] [--rounds N] …`: figures of ours and of Debian's Pacemaker, in the same hosts with the same
//! corosync.conf, in one run; the table stands at the end. It needs root.

use quorate_tests::figures::cluster::Cluster;
use quorate_tests::figures::manager::{BOTH, Manager};
use quorate_tests::figures::row::{ROWS, Row, Size};
use quorate_tests::figures::table::Table;
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "\
Usage: bench_lab [ROW…] [OPTION VALUE…]

Rows: start rest writes reads crash leader standby rolling (all of them if none is named), large

  --rounds N       how often each row is measured, on hosts made anew (3)
  --rest SECONDS   how long processors at rest are looked at (30)
  --hosts N        hosts of the row `large` (5)
  --resources N    resources of the row `large` (1000)
  --only NAME      quorate or pacemaker: one of them alone
  --load-threshold VALUE   the cluster option, for both; 10000% takes throttling away";

struct Options {
    rows: Vec<Row>,
    rounds: usize,
    managers: Vec<Manager>,
    load_threshold: Option<String>,
    size: Size,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let options = match read(&words) {
        Ok(options) => options,
        Err(wrong) => {
            eprintln!("bench_lab: {wrong}\n\n{HELP}");
            return ExitCode::from(64);
        }
    };
    for manager in &options.managers {
        if let Some(missing) = manager.missing() {
            eprintln!("bench_lab: there is no {missing}: install corosync, resource-agents and pacemaker");
            return ExitCode::FAILURE;
        }
    }
    let (table, failed) = measure(&options);
    println!("\n{}", table.text());
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn read(words: &[String]) -> Result<Options, String> {
    let size = Size { rest: Duration::from_secs(30), large_hosts: 5, large_resources: 1_000 };
    let mut options = Options { rows: Vec::new(), rounds: 3, managers: BOTH.to_vec(), load_threshold: None, size };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some((row, _)) = ROWS.iter().find(|(_, name)| name == word) {
            options.rows.push(*row);
            continue;
        }
        let value = words.next().ok_or_else(|| format!("no row, or without a value: {word}"))?;
        let number = || value.parse::<usize>().map_err(|_| format!("{word} wants a number, not {value}"));
        match word.as_str() {
            "--rounds" => options.rounds = number()?,
            "--rest" => options.size.rest = Duration::from_secs(number()? as u64),
            "--hosts" => options.size.large_hosts = number()?,
            "--resources" => options.size.large_resources = number()?,
            "--load-threshold" => options.load_threshold = Some(value.clone()),
            "--only" => {
                options.managers.retain(|manager| manager.name() == value);
                if options.managers.is_empty() {
                    return Err(format!("{value} is neither quorate nor pacemaker"));
                }
            }
            _ => return Err(format!("unknown option {word}")),
        }
    }
    if options.rows.is_empty() {
        options.rows = ROWS.iter().map(|(row, _)| *row).filter(|row| *row != Row::Large).collect();
    }
    Ok(options)
}

/// Round by round, one manager after the other; whether something failed stands beside the table.
fn measure(options: &Options) -> (Table, bool) {
    let (mut table, mut failed) = (Table::default(), false);
    for round in 1..=options.rounds {
        for manager in &options.managers {
            let mut cluster: Option<Cluster> = None;
            for (row, name) in ROWS.iter().filter(|(row, _)| options.rows.contains(row)) {
                let hosts = row.hosts(&options.size);
                let fits = cluster.take().filter(|cluster| cluster.names.len() == hosts);
                let begun = fits.map_or_else(|| begin(*manager, hosts, options), Ok);
                let measured = begun.and_then(|mut begun| {
                    let values =
                        row.measure(&mut begun, &options.size).inspect_err(|_| eprintln!("{}", begun.told()))?;
                    cluster = Some(begun);
                    Ok(values)
                });
                match measured {
                    Ok(values) => {
                        for (figure, value) in values {
                            println!(
                                "round {round}, {}: {}: {value:.3} {}",
                                manager.name(),
                                figure.what,
                                figure.unit.word()
                            );
                            table.add(figure, *manager, value);
                        }
                    }
                    Err(trouble) => {
                        eprintln!("round {round}, {}, {name}: {trouble}", manager.name());
                        failed = true;
                    }
                }
            }
        }
    }
    (table, failed)
}

fn begin(
    manager: Manager,
    hosts: usize,
    options: &Options,
) -> Result<Cluster, quorate_tests::figures::cluster::Trouble> {
    let cluster = Cluster::start(manager, hosts)?;
    if let Some(threshold) = &options.load_threshold {
        cluster.run("n1", &["crm_attribute", "-n", "load-threshold", "-v", threshold])?;
    }
    Ok(cluster)
}
