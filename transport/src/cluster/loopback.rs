//! A cluster of one node, without any network.
//!
//! In: messages. Out: the same messages, in one view with the local node as its only member.

use quorate_core::membership::{Member, View, ViewId};
use tokio::sync::mpsc;

use super::{Cluster, ClusterEvent, DownReason, MESSAGE_BYTES_MAX, MulticastError, Payload};

/// An engine without others.
pub struct Loopback {
    /// This node alone.
    nodes: [Member; 1],
    sender: mpsc::UnboundedSender<ClusterEvent>,
    receiver: mpsc::UnboundedReceiver<ClusterEvent>,
}

/// Joins at once; the first event is a quorate view.
pub fn join(local: Member) -> Loopback {
    let (sender, receiver) = mpsc::unbounded_channel();
    let view = View {
        id: ViewId { epoch: 1, coordinator: local.id, incarnation: 0 },
        members: vec![local.clone()],
        quorate: true,
        ended: Vec::new(),
        heard: Vec::new(),
    };
    let loopback = Loopback { nodes: [local], sender, receiver };
    loopback.tell(ClusterEvent::View(view));
    loopback
}

impl Loopback {
    fn tell(&self, event: ClusterEvent) {
        // The receiver lives in the same struct, so it cannot be gone.
        let _ = self.sender.send(event);
    }
}

impl Cluster for Loopback {
    fn local(&self) -> &Member {
        &self.nodes[0]
    }

    fn nodes(&self) -> &[Member] {
        &self.nodes
    }

    fn multicast(&self, bytes: Payload) -> Result<(), MulticastError> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(MulticastError::TooLarge { bytes: bytes.len() });
        }
        self.tell(ClusterEvent::Message { from: self.nodes[0].id, bytes });
        Ok(())
    }

    fn leave(&self) {
        self.tell(ClusterEvent::Down(DownReason::Left));
    }

    fn events(&mut self) -> &mut mpsc::UnboundedReceiver<ClusterEvent> {
        &mut self.receiver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_gets_its_own_messages_in_order() {
        let mut cluster = join(Member { id: 7, name: "n7".into() });
        for byte in 0..3u8 {
            cluster.multicast(vec![byte].into()).expect("small enough");
        }
        cluster.leave();
        let mut heard = Vec::new();
        while let Ok(event) = cluster.events().try_recv() {
            heard.push(event);
        }
        assert!(matches!(&heard[0], ClusterEvent::View(view) if view.quorate && view.members.len() == 1));
        let bytes: Vec<u8> = heard
            .iter()
            .filter_map(|event| match event {
                ClusterEvent::Message { from: 7, bytes } => Some(bytes[0]),
                _ => None,
            })
            .collect();
        assert_eq!(bytes, [0, 1, 2]);
        assert_eq!(heard.last(), Some(&ClusterEvent::Down(DownReason::Left)));
    }
}
