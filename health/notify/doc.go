// Package notify tells people and other programs about alerts: the hub between the alarm engine and the services.
//
// The engine hands over each transition that is to be notified with [Hub.Notify], and what became of an alert otherwise
// (removed, silenced, cleared without a notification) with [Hub.Observe]. Both return at once: they write a line to the
// journal in the data directory and leave the rest to one worker for each configured service, so that a slow or dead service
// delays neither the engine nor another service. Options.Done tells the outcome, from a goroutine of the hub.
//
// What is guaranteed:
//
//   - A transition that Notify returned for is delivered, or the delivery log says why not, also when the process is killed
//     (when the machine is, those of the last second may be lost). A message that was on its way then is sent again: a
//     recipient may be told twice, never not at all.
//   - A transition that is handed over again, by its alert and GlobalID, is not delivered twice. After a restart the engine
//     may so repeat those of which it does not know the outcome.
//   - Of a recipient only the newest state of an alert waits: when a delivery is late, older changes are left out. Programs
//     (exec) are told of every change, in their order.
//   - Everything is bounded: what waits for each service, the delivery log, and the time of each attempt.
//   - Secrets of services are in no log line, error or answer.
//
// To wire a hub: read the configuration with server/config.LoadNotify, [Open] it with typed [Options], pass Deliveries to the
// API, call [Hub.Reload] when the configuration changed, and Close at the end, after the engine has stopped.
package notify
