//! Behaviour of the whole engine, fed on the schedule of a board that is awake.

mod believing;
mod bench;
mod edges;
mod known_mistakes;
mod limits;
mod locks;
mod measuring;
mod properties;
mod protection;
mod records;
mod release;
mod requests;
mod reverse;
mod rows;
mod sleeping;
mod standing;
mod start;
mod switching;
mod unmoved;
mod why_off;
mod writes;
