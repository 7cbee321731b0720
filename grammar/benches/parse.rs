//! How much configuration text is read in a second: prints MB/s of one processor.
//!
//! In: nothing; the text is made here, of every common statement. Out: one line.

use quorate_grammar::crm::parse;
use std::fmt::Write;
use std::time::Instant;

/// Groups of statements; about 6 MB of text.
const GROUPS: usize = 10_000;

/// The best of these counts: the others were disturbed.
const RUNS: usize = 5;

fn text() -> String {
    let mut text = String::new();
    for n in 0..GROUPS {
        let _ = write!(
            text,
            "primitive ip{n} ocf:heartbeat:IPaddr2 \\\n\tparams ip=10.0.0.9 nic=\"eth0:1\" cidr_netmask=24 \\\n\
             \top monitor interval=10s timeout=20s \\\n\top start timeout=60s interval=0s \\\n\
             \tmeta target-role=Started migration-threshold=3\n\
             primitive db{n} ocf:acme:Db params config=\"/etc/db/{n} main.conf\" op monitor interval=30s role=Promoted\n\
             clone c{n} db{n} meta promotable=true interleave=true\n\
             location l{n} ip{n} rule -inf: not_defined ping or ping number:lt 1\n\
             location m{n} c{n} 100: node1\n\
             colocation k{n} inf: ip{n} c{n}:Promoted\n\
             order o{n} Mandatory: c{n}:promote ip{n}:start symmetrical=false\n\
             order s{n} Serialize: [ ip{n} a{n} ] ( b{n} d{n} ) e{n}\n"
        );
    }
    text
}

fn main() {
    let text = text();
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let started = Instant::now();
        let (statements, diagnostics) = parse(&text);
        best = best.min(started.elapsed().as_secs_f64());
        assert_eq!((statements.len(), diagnostics.len()), (GROUPS * 8, 0));
    }
    println!("{:.1} MB/s, {:.1} MB of text in {:.3} s", text.len() as f64 / best / 1e6, text.len() as f64 / 1e6, best);
}
