//! The demo without a terminal: a story told step by step, each step's state waited for.

use super::nodes::Demo;
use quorate_tools::Io;

/// Plays the story; the first step whose state is not reached ends it.
pub fn tell(demo: &Demo, io: &mut Io) -> Result<(), String> {
    io.line("1. Everything starts.");
    running(demo)?;
    show(demo, io);

    let web = node_of(demo, "web-server")?;
    let other = another(demo, &web)?;
    io.line(&format!("2. crm resource move web {other}: the group goes to {other}."));
    let first = demo.names()[0].clone();
    demo.run_crm(&first, &["resource", "move", "web", &other])?;
    demo.wait("the group to have moved", || is_on(demo, "web-cache", &other) && is_on(demo, "web-server", &other))?;
    demo.run_crm(&first, &["resource", "clear", "web"])?;
    demo.wait_until_idle()?;
    show(demo, io);

    let promoted = promoted(demo)?;
    io.line(&format!("3. kill -9 of {promoted}, where the database is promoted: it is fenced, another takes over."));
    demo.kill(&promoted)?;
    demo.wait("another node to be promoted", || {
        demo.placement()
            .get("db")
            .is_some_and(|on| on.iter().any(|(node, role)| role == "Promoted" && *node != promoted))
    })?;
    let survivor = another(demo, &promoted)?;
    let fenced = demo.status(&survivor).is_some_and(|status| {
        status.fencing.iter().any(|event| {
            event.target == promoted && event.state == quorate_core::fencing::history::FencingState::Succeeded
        })
    });
    if !fenced {
        return Err(format!("{promoted} was replaced, but never fenced"));
    }
    demo.wait("the address to follow", || {
        !is_on(demo, "db-address", &promoted) && node_of(demo, "db-address").is_ok()
    })?;
    demo.wait("the fenced node to be back", || demo.members().len() == demo.names().len())?;
    running(demo)?;
    show(demo, io);

    io.line("4. A change is tried in a shadow, compared, and committed.");
    demo.run_crm(&survivor, &["cib", "new", "trial"])?;
    demo.run_crm(&survivor, &["-c", "trial", "configure", "primitive", "extra", "ocf:quorate:Dummy"])?;
    let diff = demo.run_crm(&survivor, &["-c", "trial", "cib", "diff"])?;
    for line in diff.lines() {
        io.line(&format!("   {line}"));
    }
    if !diff.lines().any(|line| line.starts_with('+') && line.contains("primitive extra")) {
        return Err("the diff does not show the new resource".into());
    }
    if node_of(demo, "extra").is_ok() {
        return Err("the shadow's resource runs before its commit".into());
    }
    demo.run_crm(&survivor, &["cib", "commit", "trial"])?;
    demo.wait("the new resource to run", || node_of(demo, "extra").is_ok())?;
    demo.wait_until_idle()?;
    show(demo, io);
    io.line("The end: every step was reached.");
    Ok(())
}

fn running(demo: &Demo) -> Result<(), String> {
    let all = demo.names().len();
    demo.wait("everything to run", || {
        let placement = demo.placement();
        let count = |name: &str| placement.get(name).map_or(0, Vec::len);
        ["web-server", "web-cache", "db-address", "fence-demo"].iter().all(|name| count(name) == 1)
            && ["agent", "db"].iter().all(|name| count(name) == all)
    })?;
    demo.wait_until_idle()
}

fn node_of(demo: &Demo, resource: &str) -> Result<String, String> {
    let placement = demo.placement();
    let on = placement.get(resource).and_then(|on| on.first());
    on.map(|(node, _)| node.clone()).ok_or_else(|| format!("{resource} runs nowhere"))
}

fn is_on(demo: &Demo, resource: &str, node: &str) -> bool {
    node_of(demo, resource).is_ok_and(|on| on == node)
}

fn promoted(demo: &Demo) -> Result<String, String> {
    let placement = demo.placement();
    let mut on = placement.get("db").into_iter().flatten();
    let promoted = on.find(|(_, role)| role == "Promoted");
    promoted.map(|(node, _)| node.clone()).ok_or_else(|| "db is promoted nowhere".into())
}

fn another(demo: &Demo, than: &str) -> Result<String, String> {
    let other = demo.names().iter().find(|name| *name != than).cloned();
    other.ok_or_else(|| "the story needs two nodes".into())
}

fn show(demo: &Demo, io: &mut Io) {
    for (resource, on) in demo.placement() {
        let words: Vec<String> = on
            .iter()
            .map(|(node, role)| if role == "Promoted" { format!("{node} (promoted)") } else { node.clone() })
            .collect();
        io.line(&format!("   {resource:<12} {}", words.join(" ")));
    }
}
