{{- define "gunicorn-prometheus-exporter.milliseconds" -}}
{{- $number := regexFind "^[0-9]+" . | int }}
{{- if hasSuffix "ms" . }}{{ $number }}{{ else }}{{ mul $number (ternary 60000 1000 (hasSuffix "m" .)) }}{{ end }}
{{- end }}

{{/* Values that a cluster would accept, and that cannot work together. */}}
{{- define "gunicorn-prometheus-exporter.refusals" -}}
{{- if and (eq .Values.monitoring.by "annotations") .Values.page.auth.existingSecret }}
{{- fail "monitoring.by=annotations and page.auth exclude each other: an annotation names no password, so Prometheus would get 401. Take PodMonitor or ServiceMonitor." }}
{{- end }}
{{- with .Values.monitoring }}
{{- $interval := include "gunicorn-prometheus-exporter.milliseconds" .interval | int }}
{{- if gt (include "gunicorn-prometheus-exporter.milliseconds" .scrapeTimeout | int) $interval }}
{{- printf "monitoring.scrapeTimeout=%s is longer than monitoring.interval=%s: Prometheus refuses this." .scrapeTimeout .interval | fail }}
{{- end }}
{{- end }}
{{- with .Values.redis }}
{{- if and .tryOut.enabled .tls.enabled }}
{{- fail "redis.tryOut.enabled and redis.tls.enabled exclude each other: the Redis for trying out has no TLS." }}
{{- end }}
{{- if and .tryOut.enabled (or .existingSecret .username) }}
{{- fail "redis.tryOut.enabled excludes redis.existingSecret and redis.username: the Redis for trying out has no password." }}
{{- end }}
{{- end }}
{{- end }}
