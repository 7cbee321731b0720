//! Metrics over HTTP: what Prometheus reads, of a live cluster and of none.

use quorate_tests::lab::Lab;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

struct Exporter {
    child: Child,
    address: String,
}

impl Exporter {
    fn start(lab: &Lab) -> Exporter {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address");
        let address = free.to_string();
        let mut command = lab.tool("n1", &["exporter", "--listen", &address]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the exporter");
        let exporter = Exporter { child, address };
        lab.wait("the exporter to listen", |_| TcpStream::connect(&exporter.address).is_ok());
        exporter
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_state_is_told_as_metrics_and_so_is_that_there_is_none() {
    let mut lab = Lab::started(1);
    let changed = lab.tool("n1", &["crm_attribute", "-n", "cluster-name", "-v", "harbour"]).status();
    assert!(changed.is_ok_and(|status| status.success()));
    let exporter = Exporter::start(&lab);
    let page = exporter.get("/metrics");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for line in [
        "ha_cluster_pacemaker_nodes{node=\"n1\",type=\"member\",status=\"online\"} 1",
        "ha_cluster_corosync_quorate 1",
        "quorate_members 1",
        "quorate_up 1",
    ] {
        assert!(page.lines().any(|one| one == line), "{line}\n{page}");
    }
    assert!(page.contains("\nha_cluster_pacemaker_config_last_change "), "{page}");
    assert!(exporter.get("/").starts_with("HTTP/1.1 200"));
    assert!(exporter.get("/nowhere").starts_with("HTTP/1.1 404"));
    lab.kill("n1");
    assert!(exporter.get("/metrics").contains("\nquorate_up 0"));
}
