// Package agentconf reads the health_alarm_notify.conf of an existing Netdata and maps it to services and routes.
//
// That file is a shell script of assignments, which agents run. It is not run here: [Parse] understands assignments with
// quotes, comments, continued lines, role_recipients_x[role]=… and references to variables that were assigned before, and
// reports everything else with its line and passes over it.
package agentconf
