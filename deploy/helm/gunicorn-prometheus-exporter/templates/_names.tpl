{{- define "gunicorn-prometheus-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.fullname" -}}
{{- $name := include "gunicorn-prometheus-exporter.wantedName" . }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) }}
{{- printf "%q cannot be the name of a Service: set fullnameOverride to a name that begins with a letter and has no dot." $name | fail }}
{{- end }}
{{- $name }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.wantedName" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "gunicorn-prometheus-exporter.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.redisName" -}}
{{- $name := include "gunicorn-prometheus-exporter.fullname" . }}
{{- printf "%s-redis" ($name | trunc 57 | trimSuffix "-") }}
{{- end }}

{{/* Empty where extraEnv names Redis. */}}
{{- define "gunicorn-prometheus-exporter.redisHost" -}}
{{- if .Values.redis.tryOut.enabled }}
{{- include "gunicorn-prometheus-exporter.redisName" . }}
{{- else }}
{{- .Values.redis.host }}
{{- end }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "gunicorn-prometheus-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: {{ .Values.mode }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.redisLabels" -}}
app.kubernetes.io/name: redis
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: store
{{- end }}

{{- define "gunicorn-prometheus-exporter.chartLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.labels" -}}
{{ include "gunicorn-prometheus-exporter.selectorLabels" . }}
{{ include "gunicorn-prometheus-exporter.chartLabels" . }}
{{- end }}

{{- define "gunicorn-prometheus-exporter.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- .repository }}{{ with .tag }}:{{ . }}{{ end }}@{{ .digest }}
{{- else }}
{{- .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end }}
{{- end }}
{{- end }}
