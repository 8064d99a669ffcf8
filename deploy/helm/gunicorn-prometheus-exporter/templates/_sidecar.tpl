{{/*
For other charts: the exporter beside an application in its pod. Each template takes the context of
this chart: index .Subcharts "gunicorn-prometheus-exporter".
*/}}
{{- define "gunicorn-prometheus-exporter.sidecar.container" -}}
name: exporter
image: {{ include "gunicorn-prometheus-exporter.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [serve]
ports:
  - { containerPort: {{ .Values.page.port }}, name: metrics }
env:
  {{- include "gunicorn-prometheus-exporter.pageEnv" . | nindent 2 }}
  {{- include "gunicorn-prometheus-exporter.sidecar.env" . | nindent 2 }}
  {{- include "gunicorn-prometheus-exporter.nodeEnv" . | nindent 2 }}
{{ include "gunicorn-prometheus-exporter.livenessProbe" . }}
resources: {{- toYaml .Values.sidecar.resources | nindent 2 }}
{{ include "gunicorn-prometheus-exporter.containerSecurity" . }}
volumeMounts:
  {{- include "gunicorn-prometheus-exporter.sidecar.volumeMount" . | nindent 2 }}
  {{- with include "gunicorn-prometheus-exporter.pageVolumeMounts" . | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The variable of the application. */}}
{{- define "gunicorn-prometheus-exporter.sidecar.env" -}}
- { name: PROMETHEUS_MULTIPROC_DIR, value: {{ .Values.sidecar.directory }} }
{{- end }}

{{/* The mount of the application. */}}
{{- define "gunicorn-prometheus-exporter.sidecar.volumeMount" -}}
- { name: {{ .Values.sidecar.volumeName }}, mountPath: {{ .Values.sidecar.directory }} }
{{- end }}

{{- define "gunicorn-prometheus-exporter.sidecar.volumes" -}}
- name: {{ .Values.sidecar.volumeName }}
  emptyDir: { medium: Memory, sizeLimit: {{ .Values.sidecar.volumeSize }} }
{{- include "gunicorn-prometheus-exporter.pageVolumes" . }}
{{- end }}
