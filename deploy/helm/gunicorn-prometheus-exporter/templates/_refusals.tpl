{{- define "gunicorn-prometheus-exporter.milliseconds" -}}
{{- $number := regexFind "^[0-9]+" . | int }}
{{- if hasSuffix "ms" . }}{{ $number }}{{ else }}{{ mul $number (ternary 60000 1000 (hasSuffix "m" .)) }}{{ end }}
{{- end }}

{{/*
A name that occurs twice: in YAML, the last of two equal keys wins, and Kubernetes refuses two equal
entries of a list. `own` are the names of the chart, and `extra` are those of the value.
*/}}
{{- define "gunicorn-prometheus-exporter.refuseRepeated" -}}
{{- $seen := dict }}
{{- range .own }}{{- $_ := set $seen . true }}{{- end }}
{{- range .extra }}
{{- if hasKey $seen . }}
{{- printf "%s repeats %s: the chart or the value has this name already." $.value . | fail }}
{{- end }}
{{- $_ := set $seen . true }}
{{- end }}
{{- end }}

{{/* The values of a key in a list of objects, as JSON: {"of": […]}. */}}
{{- define "gunicorn-prometheus-exporter.each" -}}
{{- $all := list }}
{{- range .list }}{{- $all = append $all (get . $.key) }}{{- end }}
{{- dict "of" $all | toJson }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.refuseRepeatedKeys" -}}
{{- $own := include "gunicorn-prometheus-exporter.labels" . | fromYaml | keys }}
{{- range $value, $extra := dict "podLabels" .Values.podLabels "monitoring.labels" .Values.monitoring.labels "dashboards.labels" .Values.dashboards.labels }}
{{- include "gunicorn-prometheus-exporter.refuseRepeated" (dict "value" $value "own" $own "extra" (keys ($extra | default dict))) }}
{{- end }}
{{- if ne .Values.monitoring.by "none" }}
{{- $scrape := include "gunicorn-prometheus-exporter.scrapeAnnotations" . | fromYaml | keys }}
{{- range keys (.Values.podAnnotations | default dict) }}
{{- if has . $scrape }}
{{- printf "podAnnotations has %s, and monitoring.by=%s: a pod is scraped in one way, which monitoring.by names." . $.Values.monitoring.by | fail }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Takes a list: the value's name, the key, the objects of the chart, the objects of the value. */}}
{{- define "gunicorn-prometheus-exporter.refuseRepeatedEntries" -}}
{{- $own := include "gunicorn-prometheus-exporter.each" (dict "key" (index . 1) "list" (index . 2)) | fromJson }}
{{- $extra := include "gunicorn-prometheus-exporter.each" (dict "key" (index . 1) "list" (index . 3)) | fromJson }}
{{- include "gunicorn-prometheus-exporter.refuseRepeated" (dict "value" (index . 0) "own" $own.of "extra" $extra.of) }}
{{- end }}

{{/* Values that a cluster would accept, and that cannot work together. */}}
{{- define "gunicorn-prometheus-exporter.refusals" -}}
{{- include "gunicorn-prometheus-exporter.refuseRepeatedKeys" . }}
{{- include "gunicorn-prometheus-exporter.refuseRepeatedEntries" (list "extraEnv" "name" (include "gunicorn-prometheus-exporter.env" . | fromYamlArray) .Values.extraEnv) }}
{{- include "gunicorn-prometheus-exporter.refuseRepeatedEntries" (list "extraVolumes" "name" (include "gunicorn-prometheus-exporter.ownVolumes" . | fromYamlArray) .Values.extraVolumes) }}
{{- include "gunicorn-prometheus-exporter.refuseRepeatedEntries" (list "extraVolumeMounts" "mountPath" (include "gunicorn-prometheus-exporter.ownMounts" . | fromYamlArray) .Values.extraVolumeMounts) }}
{{- if and .Values.podDisruptionBudget.enabled (ne .Values.mode "central") }}
{{- fail "podDisruptionBudget.enabled is for mode=central: the drain of a node leaves the pods of a DaemonSet." }}
{{- end }}
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
{{- if and .tls.existingSecret (not .tls.enabled) }}
{{- fail "redis.tls.existingSecret needs redis.tls.enabled=true: without it, the connection to Redis has no TLS." }}
{{- end }}
{{- if and .tryOut.enabled .tls.enabled }}
{{- fail "redis.tryOut.enabled and redis.tls.enabled exclude each other: the Redis for trying out has no TLS." }}
{{- end }}
{{- if and .tryOut.enabled (or .existingSecret .username) }}
{{- fail "redis.tryOut.enabled excludes redis.existingSecret and redis.username: the Redis for trying out has no password." }}
{{- end }}
{{- end }}
{{- if not (or (include "gunicorn-prometheus-exporter.redisHost" .) .Values.extraEnv .Values.extraEnvFrom) }}
{{- fail "redis.host is empty: name Redis there, or by extraEnv or extraEnvFrom." }}
{{- end }}
{{- end }}
