//! Addresses of hosts, and the networks that hosts have in common.
//!
//! In: addresses as `ip` lists them. Out: addresses that reach each other.
//! Absent: trying them.

use std::fmt;
use std::net::IpAddr;

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub interface: String,
    pub ip: IpAddr,
    pub prefix: u8,
}

/// Addresses that reach each other without a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    is_v4: bool,
    prefix: u8,
}

impl Address {
    /// `e0 10.0.0.1/24`.
    pub fn parse(text: &str) -> Option<Address> {
        let (interface, rest) = text.split_once(' ')?;
        let (ip, prefix) = rest.trim().split_once('/')?;
        Some(Address { interface: interface.to_string(), ip: ip.parse().ok()?, prefix: prefix.parse().ok()? })
    }

    pub fn network(&self) -> Network {
        let (bits, width) = match self.ip {
            IpAddr::V4(ip) => (u128::from(ip.to_bits()), 32),
            IpAddr::V6(ip) => (ip.to_bits(), 128),
        };
        let host_bits = u32::from(width) - u32::from(self.prefix.min(width));
        let bits = bits.checked_shr(host_bits).and_then(|bits| bits.checked_shl(host_bits)).unwrap_or(0);
        Network { bits, is_v4: self.ip.is_ipv4(), prefix: self.prefix }
    }
}

impl Network {
    pub fn is_v4(self) -> bool {
        self.is_v4
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_v4 {
            true => write!(f, "{}/{}", std::net::Ipv4Addr::from_bits(self.bits as u32), self.prefix),
            false => write!(f, "{}/{}", std::net::Ipv6Addr::from_bits(self.bits), self.prefix),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_their_networks() {
        let cases = [
            ("e0 10.99.0.3/24", Some("10.99.0.0/24")),
            ("e0 10.99.0.3/32", Some("10.99.0.3/32")),
            ("e0 10.99.0.3/0", Some("0.0.0.0/0")),
            ("e0 fd00::1:2/64", Some("fd00::/64")),
            ("e0 fd00::1:2/0", Some("::/0")),
            ("e0", None),
            ("e0 10.99.0/24", None),
        ];
        for (text, network) in cases {
            let read = Address::parse(text).map(|address| address.network().to_string());
            assert_eq!(read.as_deref(), network, "{text}");
        }
    }
}
