//! What TLS costs, beside a bare hyper server on rustls.

use crate::{
    carrier::Carrier,
    failure::Failure,
    figures::{Bench, CONNECTIONS, memory_per_request},
    load,
    process::Server,
    report::Figure,
    requests,
};

impl Bench {
    /// The processor time of a request on a connection that is kept.
    pub(crate) fn over_tls(&self, name: &'static str) -> Result<Figure, Failure> {
        let request = requests::create_room();
        let count = if self.quick { 2_000 } else { 5_000 };
        self.beside_the_floor(name, 1.4, count, &|carrier, server, count| {
            let (addresses, all) = (&server.addresses[..1], [request.clone()]);
            load::run_over(carrier, addresses, CONNECTIONS, &all, count, 200).map(drop)
        })
    }

    /// The processor time of a connection with one request: the handshake is nearly all of it.
    pub(crate) fn handshake(&self, name: &'static str) -> Result<Figure, Failure> {
        let request = requests::create_room();
        let count = if self.quick { 100 } else { 500 };
        self.beside_the_floor(name, 1.2, count, &|carrier, server, count| {
            load::connect_each(carrier, server.addresses[0], &request, count)
        })
    }

    fn beside_the_floor(
        &self,
        name: &'static str,
        most: f64,
        count: u64,
        load: &dyn Fn(&Carrier, &Server, u64) -> Result<(), Failure>,
    ) -> Result<Figure, Failure> {
        let (mock, floor) = self.both()?;
        let carrier = Carrier::tls();
        let one = |server: &Server| Ok(server.cpu_of(count, || load(&carrier, server, count))?.0);
        self.alternately(name, most, || one(&mock), || one(&floor))
    }

    /// The memory of a connection that has made its handshake and says nothing.
    pub(crate) fn idle_tls(&self, name: &'static str) -> Result<Figure, Failure> {
        let (mock, floor) = self.both()?;
        let count = self.possible(if self.quick { 500 } else { 2_000 });
        let carrier = Carrier::tls();
        let mock = memory_per_request(&carrier, &mock, b"", count)?;
        let floor = memory_per_request(&carrier, &floor, b"", count)?;
        Ok(Figure {
            note: format!("{count} at once"),
            ..Self::ratio(name, "KiB", mock, floor, 1.2)
        })
    }

    fn both(&self) -> Result<(Server, Server), Failure> {
        let mock = self.programs.start_mock(4)?;
        let answer = load::once(mock.addresses[0], &requests::create_room())?;
        let floor = self.programs.start_floor_of_tls(&answer)?;
        Ok((mock, floor))
    }
}
