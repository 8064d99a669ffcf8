{{/* Values that a cluster would accept, and that cannot work together. */}}
{{- define "gunicorn-prometheus-exporter.refusals" -}}
{{- if and (eq .Values.monitoring.by "annotations") .Values.page.auth.existingSecret }}
{{- fail "monitoring.by=annotations and page.auth exclude each other: an annotation names no password, so Prometheus would get 401. Take PodMonitor or ServiceMonitor." }}
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
