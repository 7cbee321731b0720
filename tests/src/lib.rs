//! What tests share that need more than one crate: a laboratory of real daemons, a world of
//! simulated ones.

pub mod cases;
pub mod clients;
pub mod compare;
pub mod contract;
pub mod damage;
pub mod figures;
pub mod guest;
pub mod hosts;
pub mod imports;
pub mod lab;
pub mod leftovers;
pub mod manual;
pub mod needs;
pub mod packages;
pub mod postgres;
pub mod power;
pub mod receivers;
pub mod schema;
pub mod shell;
pub mod statements;
pub mod storm;
pub mod switch;
pub mod terminal;
pub mod whole;
pub mod world;
