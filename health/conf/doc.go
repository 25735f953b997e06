// Package conf reads the files that define alerts: health.d/*.conf in the dialects of Netdata v1 and v2.
//
// A file is a list of key: value lines, and each alarm or template line begins a definition. What cannot be used is left out
// and reported with file and line, and the rest counts: one bad line never costs another alert. See netdata v2.11.0
// src/health/health_config.c for what a line may hold.
package conf
