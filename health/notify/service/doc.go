// Package service delivers messages about alerts to the services that tell people: e-mail, chats, pagers, other programs.
//
// A [Service] is made from one URL by [Parse], in the form that users of shoutrrr know. Send makes one attempt, which ends
// with its context; whoever calls repeats it. An error of Send is an [Error]: it tells whether another attempt can help and
// has no secret in it, so that it can be logged and shown.
//
// It uses no library for the services: each is one request of a few lines, and shoutrrr's senders take no context, have
// timeouts of their own, and know neither dedup keys nor resolutions.
package service
